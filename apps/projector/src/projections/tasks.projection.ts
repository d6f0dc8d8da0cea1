import type { SchedulerEvent } from '@codex/contracts';
import { idOf } from '@codex/event-sourcing';
import { foldProjection, type ProjectedEvent } from '@codex/projections';
import { firstStamp, nextStamp, stampColumns, type Stamp } from './row-stamp';

export type TaskRow = Stamp & {
  workItemId: string;
  projectId: string;
  status: string;
  attempt: number;
  dependencies: readonly string[];
  tools: readonly string[];
  dueAt: string | null;
};

/** What does the scheduler wait for? One row a Task stream. */
export const tasksProjection = foldProjection<TaskRow>({
  name: 'tasks',
  schema: 'scheduler',
  version: 1,
  topics: ['scheduler.events.v1'],
  category: 'Task',
  key: ['workItemId'],
  columns: {
    workItemId: 'uuid',
    projectId: 'uuid',
    status: 'text',
    attempt: 'integer',
    dependencies: 'jsonb',
    tools: 'jsonb',
    dueAt: 'timestamptz',
    ...stampColumns,
  },
  keyOf: idOf,
  evolve(row, event) {
    const next = evolveTask(row ?? unknownTask(event), event);
    return { ...next, ...nextStamp(event) };
  },
});

function evolveTask(row: TaskRow, event: ProjectedEvent): TaskRow {
  const { type, data } = event as unknown as SchedulerEvent;
  switch (type) {
    case 'TaskScheduled': {
      const { dependencies, tools, notBefore, firstAttempt } = data;
      return { ...row, status: 'scheduled', attempt: firstAttempt, dependencies, tools, dueAt: notBefore };
    }
    case 'TaskReady':
      return { ...row, status: 'ready', attempt: data.attempt, dueAt: null };
    case 'TaskStarted':
      return { ...row, status: 'started', attempt: data.attempt };
    case 'TaskRetryScheduled':
      return { ...row, status: 'backing_off', attempt: data.nextAttempt, dueAt: data.dueAt };
    case 'TaskCompleted':
      return { ...row, status: 'completed' };
    case 'TaskFailed':
      return { ...row, status: 'failed' };
    case 'TaskCancelled':
      return { ...row, status: 'cancelled' };
    case 'TaskUnscheduled':
      return { ...row, status: 'unscheduled' };
    default:
      return row;
  }
}

function unknownTask(event: ProjectedEvent): TaskRow {
  const { workItemId, projectId } = event.data as { workItemId: string; projectId: string };
  const empty = { status: 'unknown', attempt: 0, dependencies: [], tools: [], dueAt: null };
  return { workItemId, projectId, ...empty, ...firstStamp(event) };
}
