import type { TaskFailedData, TaskScheduledData } from '@codex/contracts';
import type { TaskEvent } from './task.events';

export type TaskError = TaskFailedData['error'];

/** What attempts need; all of it came with the task. */
export type TaskDetails = Pick<
  TaskScheduledData,
  | 'workItemId'
  | 'projectId'
  | 'processId'
  | 'priority'
  | 'toolRecipe'
  | 'tools'
  | 'timeoutMs'
  | 'retry'
  | 'firstAttempt'
>;

interface Known {
  /** Processes that took their task back: their `ScheduleWorkItem` is a no-op, whenever it comes. */
  readonly withdrawn: readonly string[];
  /** The highest attempt that was ever offered: a number names one run and is never used again. */
  readonly offered: number;
}

export interface OpenTask extends Known {
  /** `waiting`: for dependencies or until `dueAt`; `ready`: an attempt may be claimed; `running`: one was. */
  readonly status: 'waiting' | 'ready' | 'running';
  readonly task: TaskDetails;
  /** The attempt that waits, is ready, or runs. */
  readonly attempt: number;
  /** Not to become ready earlier; null when time does not matter. */
  readonly dueAt: string | null;
}

export interface IdleTask extends Known {
  /** Not met yet, failed, or taken back: a process that is not `lastProcessId` may schedule it. */
  readonly status: 'idle';
  readonly lastProcessId: string | null;
}

/** Completed or cancelled, for good. */
export interface ClosedTask extends Known {
  readonly status: 'closed';
}

export type TaskState = IdleTask | OpenTask | ClosedTask;

export function initialState(): TaskState {
  return { status: 'idle', lastProcessId: null, withdrawn: [], offered: 0 };
}

export function evolve(state: TaskState, event: TaskEvent): TaskState {
  if (event.type === 'TaskScheduled') return scheduled(state, event.data);
  if (event.type === 'TaskUnscheduled') return unscheduled(state, event.data.processId);
  return isOpen(state) ? evolveOpen(state, event) : state;
}

export function isOpen(state: TaskState): state is OpenTask {
  return state.status !== 'idle' && state.status !== 'closed';
}

/** The number of the last attempt its policy allows; attempts go on counting when a failed item is scheduled again. */
export function lastAttempt({ firstAttempt, retry }: TaskDetails): number {
  return firstAttempt + retry.maxAttempts - 1;
}

function scheduled({ withdrawn, offered }: TaskState, data: TaskScheduledData): OpenTask {
  const { workItemId, projectId, processId, priority, toolRecipe, tools, timeoutMs, retry, firstAttempt } = data;
  const task = { workItemId, projectId, processId, priority, toolRecipe, tools, timeoutMs, retry, firstAttempt };
  return { status: 'waiting', task, attempt: firstAttempt, dueAt: data.notBefore, withdrawn, offered };
}

function unscheduled(state: TaskState, processId: string): TaskState {
  const withdrawn = [...state.withdrawn, processId];
  if (isOpen(state) && state.task.processId === processId) {
    return { status: 'idle', lastProcessId: processId, withdrawn, offered: state.offered };
  }
  return { ...state, withdrawn };
}

function evolveOpen(
  state: OpenTask,
  event: Exclude<TaskEvent, { readonly type: 'TaskScheduled' | 'TaskUnscheduled' }>,
): TaskState {
  const { withdrawn, offered } = state;
  switch (event.type) {
    case 'TaskReady':
      return { ...state, ...offer(state, event.data.attempt), status: 'ready', dueAt: null };
    case 'TaskStarted':
      return { ...state, ...offer(state, event.data.attempt), status: 'running', dueAt: null };
    case 'TaskRetryScheduled':
      return { ...state, status: 'waiting', attempt: event.data.nextAttempt, dueAt: event.data.dueAt };
    case 'TaskFailed':
      return { status: 'idle', lastProcessId: state.task.processId, withdrawn, offered };
    case 'TaskCompleted':
    case 'TaskCancelled':
      return { status: 'closed', withdrawn, offered };
    default:
      return event satisfies never;
  }
}

function offer({ offered }: OpenTask, attempt: number): Pick<OpenTask, 'attempt' | 'offered'> {
  return { attempt, offered: Math.max(offered, attempt) };
}
