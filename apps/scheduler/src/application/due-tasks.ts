import { streamId, UnitOfWork, type CommandMetadata } from '@codex/event-sourcing';
import { taskDecider } from '../domain/task.decider';
import type { MakeTaskReady } from '../domain/task.commands';
import type { WaitingRow } from './scheduling-rows';
import type { SchedulingOptions, SchedulingTransaction } from './scheduling-batch';

/** The actor of what nobody asked for at that moment. */
const SCHEDULER = 'scheduler';

/** What {@link readyDueTasks} did. Call `committed` after the commit. */
export interface DueTasksRun {
  readonly count: number;
  readonly committed: () => void;
}

/**
 * Makes at most `limit` tasks ready that are due by the database's clock, in one transaction. Replicas share the work: what
 * another one holds is left to it.
 */
export async function readyDueTasks(
  tx: SchedulingTransaction,
  limit: number,
  options: Pick<SchedulingOptions, 'cache' | 'newId'>,
): Promise<DueTasksRun> {
  const { now, rows } = await tx.rows.lockDue(limit);
  if (rows.length === 0) return { count: 0, committed: () => undefined };
  const unit = new UnitOfWork({ store: tx.store, ...options });
  await unit.load(taskDecider, rows.map(streamOf));
  for (const row of rows) {
    const metadata = metadataOf(row, now, options.newId());
    const command: MakeTaskReady = { type: 'MakeTaskReady', data: { priority: row.priority }, metadata };
    unit.decide(taskDecider, streamOf(row), command);
  }
  if (!unit.isEmpty) await tx.store.append([unit.request(options.newId())]);
  const noLongerWaiting = rows.map(({ workItemId }) => workItemId);
  await tx.rows.apply({ outcomes: [], waiting: [], edges: [], noLongerWaiting });
  return { count: rows.length, committed: () => unit.committed() };
}

function streamOf({ workItemId }: WaitingRow): string {
  return streamId(taskDecider.category, workItemId);
}

function metadataOf(row: WaitingRow, now: string, commandId: string): CommandMetadata {
  const { tenantId, correlationId, traceparent } = row;
  const trace = traceparent === null ? {} : { traceparent };
  return { commandId, tenantId, actor: SCHEDULER, correlationId, causationId: commandId, ...trace, now };
}
