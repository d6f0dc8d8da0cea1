import type { Artifact, Failure, JsonValue, WorkItemCreatedData } from '@codex/contracts';
import type { DomainCommand } from '@codex/event-sourcing';

interface About {
  readonly workItemId: string;
}

/** A fact about one attempt, from the scheduler or the agent manager. */
interface AboutAttempt extends About {
  readonly attempt: number;
  readonly runId: string | null;
}

export type CreateWorkItem = DomainCommand<'CreateWorkItem', Omit<WorkItemCreatedData, 'createdBy'>>;
/** `tools`: what the recipe was found to need. */
export type ValidateToolRecipe = DomainCommand<'ValidateToolRecipe', About & { readonly tools: readonly string[] }>;
export type RequestApproval = DomainCommand<'RequestApproval', About & { readonly processId: string }>;
export type ApproveWorkItem = DomainCommand<'ApproveWorkItem', About>;
export type RejectWorkItem = DomainCommand<'RejectWorkItem', About & { readonly reason: string | null }>;
export type MarkScheduled = DomainCommand<'MarkScheduled', About & { readonly processId: string }>;
export type CancelWorkItem = DomainCommand<'CancelWorkItem', About & { readonly reason: string | null }>;
export type ChangePriority = DomainCommand<'ChangePriority', About & { readonly priority: number }>;
/** `retryUnderWay`: the retry asked for last has not ended. */
export type RetryWorkItem = DomainCommand<
  'RetryWorkItem',
  About & { readonly processId: string; readonly retryUnderWay: boolean }
>;
export type DeleteWorkItem = DomainCommand<
  'DeleteWorkItem',
  About & { readonly processId: string; readonly error: Failure }
>;

export type RecordRunStarted = DomainCommand<'RecordRunStarted', AboutAttempt>;
export type RecordRunCompleted = DomainCommand<
  'RecordRunCompleted',
  AboutAttempt & { readonly result: JsonValue | null; readonly artifacts: readonly Artifact[] }
>;
export type RecordRetryScheduled = DomainCommand<'RecordRetryScheduled', AboutAttempt & { readonly error: Failure }>;
export type RecordFailure = DomainCommand<'RecordFailure', AboutAttempt & { readonly error: Failure }>;

/** What happened to an attempt elsewhere, to be judged here. */
export type AttemptCommand = RecordRunStarted | RecordRunCompleted | RecordRetryScheduled | RecordFailure;

export type WorkItemCommand =
  | CreateWorkItem
  | ValidateToolRecipe
  | RequestApproval
  | ApproveWorkItem
  | RejectWorkItem
  | MarkScheduled
  | CancelWorkItem
  | ChangePriority
  | RetryWorkItem
  | DeleteWorkItem
  | AttemptCommand;
