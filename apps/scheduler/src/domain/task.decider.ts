import type { Decider } from '@codex/event-sourcing';
import { retryDelayMs } from './retry-backoff';
import type {
  CancelTask,
  CompleteTask,
  FailAttempt,
  FailTask,
  MakeTaskReady,
  ScheduleTask,
  StartTask,
  TaskCommand,
  UnscheduleTask,
} from './task.commands';
import type { TaskEvent } from './task.events';
import { evolve, initialState, isOpen, lastAttempt, type OpenTask, type TaskState } from './task.state';

/** Decides when an item may run. What became of it is for others to judge; their facts arrive here in any order. */
export const taskDecider: Decider<TaskCommand, TaskState, TaskEvent> = {
  category: 'Task',
  stateVersion: 1,
  initialState,
  evolve,
  decide,
};

export function decide(command: TaskCommand, state: TaskState): readonly TaskEvent[] {
  if (command.type === 'ScheduleTask') return scheduleTask(command, state);
  if (command.type === 'UnscheduleTask') return unscheduleTask(command, state);
  if (!isOpen(state)) return [];
  switch (command.type) {
    case 'MakeTaskReady':
      return makeTaskReady(command, state);
    case 'StartTask':
      return startTask(command, state);
    case 'FailAttempt':
      return failAttempt(command, state);
    case 'CompleteTask':
      return completeTask(command, state);
    case 'FailTask':
      return failTask(command, state);
    case 'CancelTask':
      return cancelTask(command, state);
  }
}

function scheduleTask({ data, metadata }: ScheduleTask, state: TaskState): readonly TaskEvent[] {
  const { isOver, openDependencies, brokenDependency, ...request } = data;
  if (isOver || !isAwaited(state, request.processId, request.firstAttempt)) return [];
  const firstAttempt = Math.max(request.firstAttempt, state.offered + 1);
  const scheduled: TaskEvent = { type: 'TaskScheduled', data: { ...request, firstAttempt } };
  const waiting = evolve(state, scheduled) as OpenTask;
  if (brokenDependency !== null) return [scheduled, taskFailed(waiting, { runId: null, error: brokenDependency })];
  if (openDependencies > 0 || !isDue(waiting, metadata.now)) return [scheduled];
  return [scheduled, taskReady(waiting, null)];
}

/** Whether a `ScheduleWorkItem` of this process is news. */
function isAwaited(state: TaskState, processId: string, firstAttempt: number): boolean {
  if (state.status === 'closed' || state.withdrawn.includes(processId)) return false;
  if (isOpen(state)) return state.task.processId !== processId && firstAttempt > state.attempt;
  return state.lastProcessId !== processId;
}

function unscheduleTask({ data }: UnscheduleTask, state: TaskState): readonly TaskEvent[] {
  const isDone = state.status === 'closed' || state.withdrawn.includes(data.processId);
  const isForeign = isOpen(state) && state.task.processId !== data.processId;
  const isFinished = state.status === 'idle' && state.lastProcessId === data.processId;
  return isDone || isForeign || isFinished ? [] : [{ type: 'TaskUnscheduled', data }];
}

function makeTaskReady({ data, metadata }: MakeTaskReady, state: OpenTask): readonly TaskEvent[] {
  return state.status === 'waiting' && isDue(state, metadata.now) ? [taskReady(state, data.priority)] : [];
}

function startTask({ data }: StartTask, state: OpenTask): readonly TaskEvent[] {
  const isStale = data.attempt < state.attempt || (state.status === 'running' && data.attempt === state.attempt);
  return isStale ? [] : [taskStarted(state, data)];
}

function failAttempt({ data, metadata }: FailAttempt, state: OpenTask): readonly TaskEvent[] {
  if (data.attempt < state.attempt) return [];
  const { workItemId, projectId, retry, firstAttempt } = state.task;
  const { attempt, runId, error } = data;
  const implied = impliedStart(state, data);
  if (!data.retryable || attempt >= lastAttempt(state.task)) {
    return [...implied, { type: 'TaskFailed', data: { workItemId, projectId, attempt, runId, error } }];
  }
  const delayMs = retryDelayMs(retry, attempt - firstAttempt + 1, data.random);
  const dueAt = new Date(Date.parse(metadata.now) + delayMs).toISOString();
  const next = { attempt, nextAttempt: attempt + 1, dueAt, runId, error };
  return [...implied, { type: 'TaskRetryScheduled', data: { workItemId, projectId, ...next } }];
}

function completeTask({ data }: CompleteTask, state: OpenTask): readonly TaskEvent[] {
  const { workItemId, projectId } = state.task;
  const completed: TaskEvent = { type: 'TaskCompleted', data: { workItemId, projectId, attempt: data.attempt } };
  return [...impliedStart(state, data), completed];
}

function failTask({ data }: FailTask, state: OpenTask): readonly TaskEvent[] {
  const isStale = data.attempt !== null && data.attempt < state.attempt;
  return isStale ? [] : [taskFailed(state, data)];
}

function cancelTask({ data }: CancelTask, state: OpenTask): readonly TaskEvent[] {
  const { workItemId, projectId } = state.task;
  return [{ type: 'TaskCancelled', data: { workItemId, projectId, reason: data.reason } }];
}

/** There is no order between topics: the end of an attempt may be heard of before its start. */
function impliedStart(state: OpenTask, run: { attempt: number; runId: string | null }): readonly TaskEvent[] {
  const isNews = run.attempt > state.attempt || (run.attempt === state.attempt && state.status !== 'running');
  return isNews ? [taskStarted(state, run)] : [];
}

function isDue(state: OpenTask, now: string): boolean {
  return state.dueAt === null || state.dueAt <= now;
}

function taskReady({ task, attempt }: OpenTask, priority: number | null): TaskEvent {
  const { workItemId, projectId, toolRecipe, tools, timeoutMs } = task;
  const run = { attempt, maxAttempts: lastAttempt(task), priority: priority ?? task.priority };
  return { type: 'TaskReady', data: { workItemId, projectId, ...run, toolRecipe, tools, timeoutMs } };
}

function taskStarted({ task }: OpenTask, run: { attempt: number; runId: string | null }): TaskEvent {
  const { workItemId, projectId } = task;
  return { type: 'TaskStarted', data: { workItemId, projectId, attempt: run.attempt, runId: run.runId } };
}

function taskFailed({ task, attempt }: OpenTask, failure: Pick<FailTask['data'], 'runId' | 'error'>): TaskEvent {
  const { workItemId, projectId } = task;
  return { type: 'TaskFailed', data: { workItemId, projectId, attempt, runId: failure.runId, error: failure.error } };
}
