import type { RetryPolicy, ToolRecipe, WorkItemCreatedData, WorkItemStateChangedData } from '@codex/contracts';
import type { WorkItemFact } from './work-item.events';

/** What the scheduler and the subscribers are told. */
export interface WorkPlan {
  readonly title: string;
  readonly toolRecipe: ToolRecipe;
  readonly tools: readonly string[];
  readonly dependencies: readonly string[];
  readonly notBefore: string | null;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number | null;
  readonly createdBy: string;
}

interface KnownWorkItem {
  readonly workItemId: string;
  readonly projectId: string;
  /** The process that brought it here, and the quota grant it holds or held. */
  readonly processId: string;
  /** The attempt that runs or ran last; 0 before the first. */
  readonly attempt: number;
  readonly runId: string | null;
  readonly priority: number;
  readonly approval: 'undecided' | 'approved' | 'rejected';
  /** Kept when the item is over: its process may still have to say it again. */
  readonly plan: WorkPlan;
}

/** `scheduled` with attempt n means that attempt n is over. */
export interface OpenWorkItem extends KnownWorkItem {
  readonly status: 'draft' | 'awaiting_approval' | 'scheduled' | 'running';
}

export interface FailedWorkItem extends KnownWorkItem {
  readonly status: 'failed';
  /** The retry asked for last; it may have ended in vain. */
  readonly retryProcessId: string | null;
}

export interface ClosedWorkItem extends KnownWorkItem {
  readonly status: 'completed' | 'cancelled' | 'deleted';
}

/** What may still change. */
export type LivingWorkItem = OpenWorkItem | FailedWorkItem;

export type WorkItemState = { readonly status: 'absent' } | LivingWorkItem | ClosedWorkItem;

export function initialState(): WorkItemState {
  return { status: 'absent' };
}

export function evolve(state: WorkItemState, event: WorkItemFact): WorkItemState {
  if (event.type === 'WorkItemCreated') return created(event.data);
  if (!isLiving(state)) return state;
  switch (event.type) {
    case 'ToolRecipeValidated':
      return { ...state, plan: { ...state.plan, tools: event.data.tools } };
    case 'WorkItemApproved':
      return { ...state, approval: 'approved' };
    case 'WorkItemRejected':
      return { ...state, approval: 'rejected' };
    case 'WorkItemPriorityChanged':
      return { ...state, priority: event.data.priority };
    case 'WorkItemRetryRequested':
      return state.status === 'failed' ? { ...state, retryProcessId: event.data.processId } : state;
    case 'WorkItemStateChanged':
      return changed(state, event.data);
    case 'WorkItemDeleted':
      return state;
    default:
      return event satisfies never;
  }
}

export function isLiving(state: WorkItemState): state is LivingWorkItem {
  return state.status !== 'absent' && !isClosed(state);
}

function isClosed(state: { readonly status: string }): boolean {
  return state.status === 'completed' || state.status === 'cancelled' || state.status === 'deleted';
}

function created(data: WorkItemCreatedData): OpenWorkItem {
  const { workItemId, projectId, processId, title, toolRecipe, priority, notBefore, retry, timeoutMs, createdBy } =
    data;
  const plan = { title, toolRecipe, tools: [], dependencies: data.dependsOn, notBefore, retry, timeoutMs, createdBy };
  const nothingYet = { attempt: 0, runId: null, approval: 'undecided' } as const;
  return { status: 'draft', workItemId, projectId, processId, priority, plan, ...nothingYet };
}

function changed(state: LivingWorkItem, data: WorkItemStateChangedData): WorkItemState {
  const { newState, attempt, runId } = data;
  const { workItemId, projectId, priority, approval, plan } = state;
  const processId = data.processId ?? state.processId;
  const known = { workItemId, projectId, processId, priority, approval, plan, attempt, runId };
  return newState === 'failed' ? { status: newState, ...known, retryProcessId: null } : { status: newState, ...known };
}
