import type { SchedulerEvent, TaskScheduledData } from '@codex/contracts';
import type { RecordedEvent } from '@codex/event-sourcing';
import type { InlineProjection } from '@codex/event-store-postgres';
import type { Sql } from '@codex/postgres';
import type { RowChanges, WaitingRow } from '../application/scheduling-rows';
import { PostgresSchedulingRows } from './postgres-scheduling-rows';

const types: Record<SchedulerEvent['type'], true> = {
  TaskScheduled: true,
  TaskReady: true,
  TaskStarted: true,
  TaskRetryScheduled: true,
  TaskCompleted: true,
  TaskFailed: true,
  TaskCancelled: true,
  TaskUnscheduled: true,
};

/**
 * Brings back which tasks wait, and for what, when the event table was restored; in normal life the rows are written with
 * the decisions. A task waits for all dependencies it was scheduled with, also for those that were completed before: how
 * items ended is in no event of the scheduler, but its consumer hears all of it again, from the first offset, and each
 * outcome takes its edges out once.
 */
export const restoredWaiting: InlineProjection = {
  types: new Set(Object.keys(types)),
  async apply(tx: Sql, events: readonly RecordedEvent[]): Promise<void> {
    const tasks = new Map<string, Waiting | null>();
    for (const event of events) tasks.set(itemOf(event), waitingAfter(event));
    const waiting = [...tasks.values()].filter((task) => task !== null);
    const changes: RowChanges = {
      outcomes: [],
      noLongerWaiting: [...tasks.keys()],
      waiting: waiting.map(({ row }) => row),
      edges: waiting.flatMap(({ row, dependencies }) =>
        dependencies.map((dependencyId) => ({ dependencyId, dependantId: row.workItemId })),
      ),
    };
    await new PostgresSchedulingRows(tx).apply(changes);
  },
};

interface Waiting {
  readonly row: WaitingRow;
  readonly dependencies: readonly string[];
}

// Every event but these two ends a wait, if there is one.
function waitingAfter(event: RecordedEvent): Waiting | null {
  const task = event as RecordedEvent & SchedulerEvent;
  if (task.type === 'TaskScheduled') return waitingFor(event, distinct(task.data), task.data.notBefore);
  return task.type === 'TaskRetryScheduled' ? waitingFor(event, [], task.data.dueAt) : null;
}

function waitingFor(event: RecordedEvent, dependencies: readonly string[], dueAt: string | null): Waiting {
  const { tenantId, recordedAt, metadata } = event;
  const openDependencies = dependencies.length;
  const row: WaitingRow = {
    ...{ workItemId: itemOf(event), tenantId, openDependencies, priority: null },
    dueAt: openDependencies > 0 ? null : (dueAt ?? recordedAt),
    correlationId: metadata.correlationId,
    traceparent: metadata.traceparent ?? null,
  };
  return { row, dependencies };
}

function distinct({ dependencies }: TaskScheduledData): readonly string[] {
  return [...new Set(dependencies)];
}

function itemOf({ data }: RecordedEvent): string {
  return (data as SchedulerEvent['data']).workItemId;
}
