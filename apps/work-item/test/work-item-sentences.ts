import type { WorkItemState as StateName, WorkItemStateChangedData } from '@codex/contracts';
import { aCommand } from '@codex/event-sourcing/testing';
import type { WorkItemFact } from '../src/domain/work-item.events';

/** The words the specs of the work item are written in. */
export const workItemId = 'w1';
export const projectId = 'p1';
export const processId = 'creation';
export const retryId = 'retry';
export const error = { code: 'BROKEN', message: 'it broke' };
export const artifact = { id: 'a1', name: 'map.json', mediaType: 'application/json', bytes: 2, sha256: 'ff' };

const item = {
  workItemId,
  projectId,
  processId,
  title: 'Look around',
  description: null,
  toolRecipe: { steps: [{ tool: 'noop', with: {} }] },
  priority: 5,
  dependsOn: [],
  requiresApproval: false,
  notBefore: null,
  labels: {},
  retry: { maxAttempts: 3, initialBackoffMs: 4000, maxBackoffMs: 10000 },
  timeoutMs: null,
};

export const created: WorkItemFact = { type: 'WorkItemCreated', data: { ...item, createdBy: 'tester' } };
export const validated: WorkItemFact = {
  type: 'ToolRecipeValidated',
  data: { workItemId, projectId, tools: ['noop'] },
};
export const approved: WorkItemFact = {
  type: 'WorkItemApproved',
  data: { workItemId, projectId, approvedBy: 'tester' },
};
export const rejected: WorkItemFact = {
  type: 'WorkItemRejected',
  data: { workItemId, projectId, rejectedBy: 'tester', reason: 'no' },
};
export const retryRequested: WorkItemFact = {
  type: 'WorkItemRetryRequested',
  data: { workItemId, projectId, processId: retryId, requestedBy: 'tester' },
};
export const deleted: WorkItemFact = {
  type: 'WorkItemDeleted',
  data: { workItemId, projectId, reason: error.message },
};

/** A change of state with what is not null in it. */
export function moved(from: StateName, to: StateName, details: Partial<WorkItemStateChangedData> = {}): WorkItemFact {
  const nothing = { reason: null, attempt: 0, runId: null, processId: null, result: null, error: null, artifacts: [] };
  const data = {
    workItemId,
    projectId,
    previousState: from,
    newState: to,
    changedBy: 'tester',
    ...nothing,
    ...details,
  };
  return { type: 'WorkItemStateChanged', data };
}

export const waits = moved('draft', 'awaiting_approval', { processId });
export const scheduled = moved('draft', 'scheduled', { processId });
export const run = (attempt: number) => ({ attempt, runId: `run-${attempt}` });
export const running = (attempt = 1) => moved('scheduled', 'running', run(attempt));
export const retrying = (attempt = 1) =>
  moved('running', 'scheduled', { ...run(attempt), reason: `${error.code}: ${error.message}` });
export const completed = (attempt = 1) =>
  moved('running', 'completed', { ...run(attempt), result: { ok: true }, artifacts: [artifact] });
export const failed = (attempt = 1) => moved('running', 'failed', { ...run(attempt), error, reason: error.message });
export const cancelled = (from: StateName, details: Partial<WorkItemStateChangedData> = {}) =>
  moved(from, 'cancelled', { reason: 'enough', ...details });

export const isDraft = [created, validated];
export const isWaiting = [...isDraft, waits];
export const isScheduled = [...isDraft, scheduled];
export const isRunning = [...isScheduled, running()];
export const isCompleted = [...isRunning, completed()];
export const isFailed = [...isRunning, failed()];
export const isRetrying = [...isFailed, retryRequested];
export const isCancelled = [...isScheduled, cancelled('scheduled')];
export const isDeleted = [created, moved('draft', 'deleted', { processId, error, reason: error.message }), deleted];

export const create = aCommand('CreateWorkItem', item);
export const validate = aCommand('ValidateToolRecipe', { workItemId, tools: ['noop'] });
export const requestApproval = aCommand('RequestApproval', { workItemId, processId });
export const approve = aCommand('ApproveWorkItem', { workItemId });
export const reject = aCommand('RejectWorkItem', { workItemId, reason: 'no' });
export const markScheduled = (by = processId) => aCommand('MarkScheduled', { workItemId, processId: by });
export const cancel = aCommand('CancelWorkItem', { workItemId, reason: 'enough' });
export const remove = aCommand('DeleteWorkItem', { workItemId, processId, error });
export const setPriority = (priority: number) => aCommand('ChangePriority', { workItemId, priority });
export const retry = (retryUnderWay = false) =>
  aCommand('RetryWorkItem', { workItemId, processId: retryId, retryUnderWay });
export const runStarted = (attempt = 1) => aCommand('RecordRunStarted', { workItemId, ...run(attempt) });
export const runCompleted = (attempt = 1) =>
  aCommand('RecordRunCompleted', { workItemId, ...run(attempt), result: { ok: true }, artifacts: [artifact] });
export const retryScheduled = (attempt = 1) => aCommand('RecordRetryScheduled', { workItemId, ...run(attempt), error });
export const taskFailed = (attempt = 1) => aCommand('RecordFailure', { workItemId, ...run(attempt), error });
export const neverStarted = (attempt = 1) => aCommand('RecordFailure', { workItemId, attempt, runId: null, error });
