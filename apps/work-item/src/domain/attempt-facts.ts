import type {
  AttemptCommand,
  RecordFailure,
  RecordRetryScheduled,
  RecordRunCompleted,
  RecordRunStarted,
} from './work-item.commands';
import type { WorkItemFact } from './work-item.events';
import { StateChanges } from './state-change';
import { isLiving, type LivingWorkItem, type WorkItemState } from './work-item.state';

/**
 * Judges what happened to an attempt. The facts come from several topics, between which there is no order: what is older
 * than the item's own (attempt, phase) changes nothing, and what is later first appends the changes it implies. Never
 * refuses, because a fact can't be undone by saying no; a work item that is over stays as it is.
 */
export function judge(command: AttemptCommand, state: WorkItemState): readonly WorkItemFact[] {
  if (!isLiving(state) || isOver(command, state)) return [];
  switch (command.type) {
    case 'RecordRunStarted':
      return runStarted(command, state);
    case 'RecordRunCompleted':
      return runCompleted(command, state);
    case 'RecordRetryScheduled':
      return retryScheduled(command, state);
    case 'RecordFailure':
      return failed(command, state);
  }
}

// A failed item listens only to attempts of the retry that was asked for, which count on from the failed one.
function isOver({ data }: AttemptCommand, state: LivingWorkItem): boolean {
  if (state.status === 'failed') return state.retryProcessId === null || data.attempt <= state.attempt;
  return data.attempt < state.attempt;
}

function runStarted({ data, metadata }: RecordRunStarted, state: LivingWorkItem) {
  if (data.attempt === state.attempt) return [];
  return new StateChanges(state, metadata).toRunning(data.attempt, data.runId).events;
}

function runCompleted({ data, metadata }: RecordRunCompleted, state: LivingWorkItem) {
  if (wasJudged(data.attempt, state)) return [];
  const { attempt, runId, result, artifacts } = data;
  return new StateChanges(state, metadata)
    .toRunning(attempt, runId)
    .to('completed', { attempt, runId, result, artifacts }).events;
}

function retryScheduled({ data, metadata }: RecordRetryScheduled, state: LivingWorkItem) {
  if (wasJudged(data.attempt, state)) return [];
  return new StateChanges(state, metadata)
    .toRunning(data.attempt, data.runId)
    .to('scheduled', { reason: `${data.error.code}: ${data.error.message}` }).events;
}

// Without a run the attempt never began: what failed is something the item waited for.
function failed({ data, metadata }: RecordFailure, state: LivingWorkItem) {
  const { attempt, runId, error } = data;
  const changes = new StateChanges(state, metadata);
  if (runId === null && attempt > state.attempt)
    return changes.toScheduled().to('failed', { error, reason: error.message }).events;
  const reached = wasJudged(attempt, state) ? changes : changes.toRunning(attempt, runId);
  return reached.to('failed', { attempt, runId, error, reason: error.message }).events;
}

function wasJudged(attempt: number, state: LivingWorkItem): boolean {
  return attempt === state.attempt && state.status !== 'running';
}
