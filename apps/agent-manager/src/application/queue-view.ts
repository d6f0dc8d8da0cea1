import type { Sql } from '@codex/postgres';
import { assignRuns } from '../domain/claim-order';
import { readQueue, type QueueView } from '../persistence/claim-store';
import { describeRuns, itemInQueue, queueDepth, type ItemInQueue } from '../persistence/queue-reader';

/** A run that waits, with its place. */
export interface QueueItem {
  readonly position: number;
  readonly workItemId: string;
  readonly projectId: string;
  readonly priority: number;
  readonly readySince: string;
}

/** The next runs in claim order, and how many wait in all. */
export interface QueueListing {
  readonly items: readonly QueueItem[];
  readonly depth: number;
}

/** Shows the queue in the order in which it is claimed, as if one agent could run everything. Locks nothing. */
export class QueueViewer {
  constructor(private readonly sql: Sql) {}

  /** Runs of projects that are paused or at a limit come last. */
  async list(tenantId: string, first: number, projectId: string | null): Promise<QueueListing> {
    const scope = { tenantId, toolSets: null, perLane: first, projectId, alsoClosed: true };
    const [view, depth] = await Promise.all([readQueue(this.sql, scope), queueDepth(this.sql, tenantId, projectId)]);
    const isOpen = openProjects(view);
    const ordered = [
      ...inClaimOrder({ ...view, lanes: view.lanes.filter((lane) => isOpen.has(lane.projectId)) }, first),
      ...inClaimOrder({ ...view, lanes: view.lanes.filter((lane) => !isOpen.has(lane.projectId)) }, first),
    ].slice(0, first);
    const runs = await describeRuns(this.sql, ordered);
    const items = ordered.flatMap((runId) => runs.get(runId) ?? []);
    return { items: items.map((run, index) => ({ position: index + 1, ...run })), depth: depth.depth };
  }

  status(tenantId: string): Promise<{ readonly depth: number; readonly oldestReadyMs: number | null }> {
    return queueDepth(this.sql, tenantId, null);
  }

  /** Where a work item's run stands; everything null or false when it has none that lives. */
  async placeOf(tenantId: string, workItemId: string): Promise<ItemInQueue> {
    return itemInQueue(this.sql, tenantId, workItemId);
  }
}

function openProjects({ projects }: QueueView): ReadonlySet<string> {
  const isFull = (p: (typeof projects)[number]): boolean => p.maxRunning !== null && p.running >= p.maxRunning;
  const open = projects.filter((p) => !p.isPaused && !p.isOutOfMinutes && !isFull(p));
  return new Set(open.map(({ projectId }) => projectId));
}

function inClaimOrder({ lanes, projects }: QueueView, first: number): readonly string[] {
  const unlimited = projects.map((project) => ({ ...project, maxRunning: null }));
  const anyone = { agentId: '', wanted: first, toolSets: new Set(lanes.map((lane) => lane.toolSetId)) };
  return assignRuns({ lanes, projects: unlimited }, [anyone]).assignments.map(({ runId }) => runId);
}
