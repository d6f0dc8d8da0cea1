import { NotFound, type Decider } from '@codex/event-sourcing';
import { judge } from './attempt-facts';
import { stateChanged, StateChanges } from './state-change';
import type {
  ApproveWorkItem,
  CancelWorkItem,
  ChangePriority,
  CreateWorkItem,
  DeleteWorkItem,
  MarkScheduled,
  RejectWorkItem,
  RequestApproval,
  RetryWorkItem,
  ValidateToolRecipe,
  WorkItemCommand,
} from './work-item.commands';
import {
  ApprovalAlreadyDecided,
  NotAwaitingApproval,
  WorkItemAlreadyExists,
  WorkItemClosed,
  WorkItemNotFailed,
} from './work-item.errors';
import type { WorkItemFact } from './work-item.events';
import { evolve, initialState, isLiving, type OpenWorkItem, type WorkItemState } from './work-item.state';

/** The rules of a work item, and the only judge of what became of it. */
export const workItemDecider: Decider<WorkItemCommand, WorkItemState, WorkItemFact> = {
  category: 'WorkItem',
  stateVersion: 1,
  initialState,
  evolve,
  decide,
};

export function decide(command: WorkItemCommand, state: WorkItemState): readonly WorkItemFact[] {
  switch (command.type) {
    case 'CreateWorkItem':
      return createWorkItem(command, state);
    case 'ValidateToolRecipe':
      return validateToolRecipe(command, state);
    case 'RequestApproval':
      return requestApproval(command, state);
    case 'ApproveWorkItem':
      return approveWorkItem(command, state);
    case 'RejectWorkItem':
      return rejectWorkItem(command, state);
    case 'MarkScheduled':
      return markScheduled(command, state);
    case 'CancelWorkItem':
      return cancelWorkItem(command, state);
    case 'ChangePriority':
      return changePriority(command, state);
    case 'RetryWorkItem':
      return retryWorkItem(command, state);
    case 'DeleteWorkItem':
      return deleteWorkItem(command, state);
    default:
      return judge(command, state);
  }
}

function createWorkItem({ data, metadata }: CreateWorkItem, state: WorkItemState): readonly WorkItemFact[] {
  if (state.status !== 'absent') throw new WorkItemAlreadyExists(data.workItemId);
  return [{ type: 'WorkItemCreated', data: { ...data, createdBy: metadata.actor } }];
}

function validateToolRecipe({ data }: ValidateToolRecipe, state: WorkItemState): readonly WorkItemFact[] {
  const { workItemId, projectId, plan } = requireOpen(state, data.workItemId);
  if (plan.tools.length > 0) return [];
  return [{ type: 'ToolRecipeValidated', data: { workItemId, projectId, tools: data.tools } }];
}

function requestApproval({ data, metadata }: RequestApproval, state: WorkItemState): readonly WorkItemFact[] {
  if (state.status !== 'draft') return [];
  const details = { processId: data.processId };
  return [stateChanged(state, 'awaiting_approval', { actor: metadata.actor, details })];
}

function approveWorkItem({ data, metadata }: ApproveWorkItem, state: WorkItemState): readonly WorkItemFact[] {
  const item = requireOpen(state, data.workItemId);
  if (item.approval === 'approved') return [];
  const { workItemId, projectId } = requireUndecided(item);
  return [{ type: 'WorkItemApproved', data: { workItemId, projectId, approvedBy: metadata.actor } }];
}

function rejectWorkItem({ data, metadata }: RejectWorkItem, state: WorkItemState): readonly WorkItemFact[] {
  const item = requireOpen(state, data.workItemId);
  if (item.approval === 'rejected') return [];
  const { workItemId, projectId } = requireUndecided(item);
  const { reason } = data;
  return [{ type: 'WorkItemRejected', data: { workItemId, projectId, rejectedBy: metadata.actor, reason } }];
}

/** The scheduler took it in. An item that is further already, or over, stays as it is. */
function markScheduled({ data, metadata }: MarkScheduled, state: WorkItemState): readonly WorkItemFact[] {
  if (!isLiving(state) || state.status === 'running' || state.status === 'scheduled') return [];
  if (state.status === 'failed' && state.retryProcessId !== data.processId) return [];
  return new StateChanges(state, metadata).toScheduled().events;
}

/** Final at once; whatever runs hears of it later. */
function cancelWorkItem({ data, metadata }: CancelWorkItem, state: WorkItemState): readonly WorkItemFact[] {
  if (state.status === 'cancelled') return [];
  const item = requireOpen(state, data.workItemId);
  return [stateChanged(item, 'cancelled', { actor: metadata.actor, details: { reason: data.reason } })];
}

function changePriority({ data }: ChangePriority, state: WorkItemState): readonly WorkItemFact[] {
  const { workItemId, projectId, priority: previousPriority } = requireOpen(state, data.workItemId);
  const { priority } = data;
  if (priority === previousPriority) return [];
  return [{ type: 'WorkItemPriorityChanged', data: { workItemId, projectId, previousPriority, priority } }];
}

function retryWorkItem({ data, metadata }: RetryWorkItem, state: WorkItemState): readonly WorkItemFact[] {
  if (state.status === 'absent') throw new NotFound(`work item ${data.workItemId}`);
  if (!isLiving(state)) throw new WorkItemClosed(data.workItemId, state.status);
  if (state.status !== 'failed') throw new WorkItemNotFailed(data.workItemId, state.status);
  if (data.retryUnderWay) return [];
  const { workItemId, projectId } = state;
  const { processId } = data;
  return [{ type: 'WorkItemRetryRequested', data: { workItemId, projectId, processId, requestedBy: metadata.actor } }];
}

/** Undoes the creation. What is over already, a cancelled item above all, stays as it is. */
function deleteWorkItem({ data, metadata }: DeleteWorkItem, state: WorkItemState): readonly WorkItemFact[] {
  if (!isLiving(state) || state.status === 'failed') return [];
  const { workItemId, projectId } = state;
  const { error, processId } = data;
  const details = { error, processId, reason: error.message };
  return [
    stateChanged(state, 'deleted', { actor: metadata.actor, details }),
    { type: 'WorkItemDeleted', data: { workItemId, projectId, reason: error.message } },
  ];
}

function requireOpen(state: WorkItemState, workItemId: string): OpenWorkItem {
  if (state.status === 'absent') throw new NotFound(`work item ${workItemId}`);
  if (!isLiving(state) || state.status === 'failed') throw new WorkItemClosed(workItemId, state.status);
  return state;
}

function requireUndecided(item: OpenWorkItem): OpenWorkItem {
  if (item.approval !== 'undecided') throw new ApprovalAlreadyDecided(item.workItemId, item.approval);
  if (item.status !== 'awaiting_approval') throw new NotAwaitingApproval(item.workItemId, item.status);
  return item;
}
