import type { Sql } from '@codex/postgres';
import type { Assignment, ProjectLoad, Queue, QueueLane } from '../domain/claim-order';
import { LEASE_TTL_MS, TIMEOUT_GRACE_MS } from '../domain/lease';
import { runFacts, type QueuedRun, type RunColumns, type RunFacts, type RunOrigin } from './run-row';

/** The queue as far as a claim has to look at it. */
export interface QueueView extends Queue {
  readonly projects: readonly (ProjectLoad & { readonly isPaused: boolean; readonly isOutOfMinutes: boolean })[];
}

/** Which part of the queue is asked for. `toolSets` null means every set of tools. */
export interface QueueScope {
  readonly tenantId: string;
  readonly toolSets: readonly number[] | null;
  readonly perLane: number;
  readonly projectId?: string | null;
  /** Paused projects and those at a limit too. */
  readonly alsoClosed?: boolean;
}

/** A run that an agent got, with its place among the assignments that were offered. */
export interface ClaimedRun extends RunFacts {
  readonly agentId: string;
  readonly place: number;
  readonly timeoutMs: number | null;
  readonly recipe: QueuedRun['recipe'];
  readonly origin: RunOrigin;
  readonly leaseExpiresAt: string;
}

interface HeadRow {
  readonly project_id: string;
  readonly tool_set_id: number;
  readonly priority: number;
  readonly running: number;
  readonly max_running: number | null;
  readonly paused: boolean;
  readonly out_of_minutes: boolean;
  /** Pairs of id and waited milliseconds: one value a lane, because a row a run would cost many times as much to parse. */
  readonly runs: readonly (readonly [runId: string, waitedMs: number])[];
}

interface ClaimRow extends RunColumns {
  readonly agent_id: string;
  readonly place: number;
  readonly timeout_ms: number | null;
  readonly recipe: QueuedRun['recipe'];
  readonly origin: RunOrigin;
  readonly lease_expires_at: Date;
}

/** The oldest runs of each lane; nothing is locked, so it is a view and no promise. */
export async function readQueue(sql: Sql, scope: QueueScope): Promise<QueueView> {
  const { rows } = await sql.query<HeadRow>({
    name: 'queue-heads',
    text: 'select * from agent_manager.queue_heads($1, $2::int[], $3, $4, $5)',
    values: [scope.tenantId, scope.toolSets, scope.perLane, scope.projectId ?? null, scope.alsoClosed ?? false],
  });
  const projects = new Map(rows.map((row) => [row.project_id, row]));
  return {
    lanes: rows.map((row) => laneOf(row, scope.perLane)),
    projects: [...projects.values()].map((row) => ({
      projectId: row.project_id,
      running: row.running,
      maxRunning: row.max_running,
      isPaused: row.paused,
      isOutOfMinutes: row.out_of_minutes,
    })),
  };
}

/**
 * Gives the runs to the agents as far as nobody was quicker and all limits allow it, each under a lease that starts now.
 * The n-th token belongs to the n-th assignment, and the runs come in the order of the assignments.
 */
export async function claimRuns(
  tx: Sql,
  assignments: readonly Assignment[],
  tokenHashes: readonly Buffer[],
): Promise<readonly ClaimedRun[]> {
  const offers = assignments
    .map((assignment, place) => ({ ...assignment, place, tokenHash: tokenHashes[place]! }))
    .sort((a, b) => (a.runId < b.runId ? -1 : 1));
  const { rows } = await tx.query<ClaimRow>({
    name: 'claim-runs',
    text: 'select * from agent_manager.claim($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[], $5::int[], $6, $7)',
    values: [
      offers.map((offer) => offer.runId),
      offers.map((offer) => offer.projectId),
      offers.map((offer) => offer.agentId),
      offers.map((offer) => offer.tokenHash),
      offers.map((offer) => offer.place),
      LEASE_TTL_MS,
      TIMEOUT_GRACE_MS,
    ],
  });
  const inOrder = rows.toSorted((a, b) => a.place - b.place);
  return inOrder.map((row) => ({
    ...runFacts(row),
    agentId: row.agent_id,
    place: row.place,
    timeoutMs: row.timeout_ms,
    recipe: row.recipe,
    origin: row.origin,
    leaseExpiresAt: row.lease_expires_at.toISOString(),
  }));
}

function laneOf(row: HeadRow, perLane: number): QueueLane {
  return {
    projectId: row.project_id,
    toolSetId: row.tool_set_id,
    priority: row.priority,
    runs: row.runs.map(([runId, waitedMs]) => ({ runId, waitedMs })),
    hasMore: row.runs.length >= perLane,
  };
}
