// Generated from schemas/avro by `npm run codegen`. Do not edit.
import type { DomainEvent } from '@codex/event-sourcing';
import type { JsonValue } from './json-value';
import type { Artifact, Failure, Phase, PlannedStep, RetryPolicy, ToolRecipe, WorkItemState } from './nested-types.gen';

/** Everything that was done is undone. */
export type ProcessCompensatedData = {
  /** Names the process. */
  readonly processId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** What made it necessary. */
  readonly error: Failure;
};

/** Everything that was done is undone. */
export type ProcessCompensated = DomainEvent<'ProcessCompensated', ProcessCompensatedData>;

/** A step could not be undone; a person decides. */
export type ProcessCompensationFailedData = {
  /** Names the process. */
  readonly processId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Name of the step. */
  readonly step: string;
  /** Why. */
  readonly error: Failure;
};

/** A step could not be undone; a person decides. */
export type ProcessCompensationFailed = DomainEvent<'ProcessCompensationFailed', ProcessCompensationFailedData>;

/** All steps are done. */
export type ProcessCompletedData = {
  /** Names the process. */
  readonly processId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
};

/** All steps are done. */
export type ProcessCompleted = DomainEvent<'ProcessCompleted', ProcessCompletedData>;

/** A process began; it brings its own plan. */
export type ProcessStartedData = {
  /** Names the process. */
  readonly processId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Name of the definition. */
  readonly definition: string;
  /** Version of the definition. */
  readonly definitionVersion: number;
  /** The steps, in order. */
  readonly steps: readonly PlannedStep[];
  /** What the steps need. */
  readonly input: JsonValue;
};

/** A process began; it brings its own plan. */
export type ProcessStarted = DomainEvent<'ProcessStarted', ProcessStartedData>;

/** A step was undone. */
export type ProcessStepCompensatedData = {
  /** Names the process. */
  readonly processId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Name of the step. */
  readonly step: string;
  /** What undid it; null when there was nothing to undo. */
  readonly compensation: string | null;
  /** Why a person skipped the compensation; null when it was not skipped. */
  readonly skippedReason: string | null;
};

/** A step was undone. */
export type ProcessStepCompensated = DomainEvent<'ProcessStepCompensated', ProcessStepCompensatedData>;

/** A step was not done. Unless it will be tried again, what was done is undone from here. */
export type ProcessStepFailedData = {
  /** Names the process. */
  readonly processId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Name of the step. */
  readonly step: string;
  /** Doing or undoing. */
  readonly phase: Phase;
  /** Counts from 1. */
  readonly attempt: number;
  /** Why. */
  readonly error: Failure;
  /** Whether it is tried again. */
  readonly willRetry: boolean;
};

/** A step was not done. Unless it will be tried again, what was done is undone from here. */
export type ProcessStepFailed = DomainEvent<'ProcessStepFailed', ProcessStepFailedData>;

/** A step was begun, or sent again. */
export type ProcessStepStartedData = {
  /** Names the process. */
  readonly processId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Name of the step. */
  readonly step: string;
  /** Doing or undoing. */
  readonly phase: Phase;
  /** Counts from 1. */
  readonly attempt: number;
  /** The command that was sent; null for a local step. */
  readonly commandId: string | null;
  /** When it will be looked at again without an answer. */
  readonly deadlineAt: string | null;
};

/** A step was begun, or sent again. */
export type ProcessStepStarted = DomainEvent<'ProcessStepStarted', ProcessStepStartedData>;

/** A step was done. */
export type ProcessStepSucceededData = {
  /** Names the process. */
  readonly processId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Name of the step. */
  readonly step: string;
};

/** A step was done. */
export type ProcessStepSucceeded = DomainEvent<'ProcessStepSucceeded', ProcessStepSucceededData>;

/** The process waits for a person or a signal. */
export type ProcessWaitingData = {
  /** Names the process. */
  readonly processId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Name of the step. */
  readonly step: string;
  /** What it waits for. */
  readonly waitingFor: string;
};

/** The process waits for a person or a signal. */
export type ProcessWaiting = DomainEvent<'ProcessWaiting', ProcessWaitingData>;

/** The recipe names known tools with valid input. */
export type ToolRecipeValidatedData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** The distinct tools an agent needs. */
  readonly tools: readonly string[];
};

/** The recipe names known tools with valid input. */
export type ToolRecipeValidated = DomainEvent<'ToolRecipeValidated', ToolRecipeValidatedData>;

/** A person approved the work item. */
export type WorkItemApprovedData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Actor who approved it. */
  readonly approvedBy: string;
};

/** A person approved the work item. */
export type WorkItemApproved = DomainEvent<'WorkItemApproved', WorkItemApprovedData>;

/** A work item was accepted; its creation process does the rest. */
export type WorkItemCreatedData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** The creation process, and the id of its quota grant. */
  readonly processId: string;
  /** One line. */
  readonly title: string;
  /** What is to be done. */
  readonly description: string | null;
  /** What an agent has to do. */
  readonly toolRecipe: ToolRecipe;
  /** 0 to 9, 9 first. */
  readonly priority: number;
  /** Work items that must be completed before. */
  readonly dependsOn: readonly string[];
  /** Whether a person must approve it before it is scheduled. */
  readonly requiresApproval: boolean;
  /** Not to be started earlier. */
  readonly notBefore: string | null;
  /** Free labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** How failed attempts are repeated. */
  readonly retry: RetryPolicy;
  /** The longest one attempt may take, in milliseconds. */
  readonly timeoutMs: number | null;
  /** Actor who created it. */
  readonly createdBy: string;
};

/** A work item was accepted; its creation process does the rest. */
export type WorkItemCreated = DomainEvent<'WorkItemCreated', WorkItemCreatedData>;

/** The creation was undone. */
export type WorkItemDeletedData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Why. */
  readonly reason: string | null;
};

/** The creation was undone. */
export type WorkItemDeleted = DomainEvent<'WorkItemDeleted', WorkItemDeletedData>;

/** The priority was changed. */
export type WorkItemPriorityChangedData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Before. */
  readonly previousPriority: number;
  /** After; 0 to 9, 9 first. */
  readonly priority: number;
};

/** The priority was changed. */
export type WorkItemPriorityChanged = DomainEvent<'WorkItemPriorityChanged', WorkItemPriorityChangedData>;

/** A person rejected the work item. */
export type WorkItemRejectedData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Actor who rejected it. */
  readonly rejectedBy: string;
  /** Why. */
  readonly reason: string | null;
};

/** A person rejected the work item. */
export type WorkItemRejected = DomainEvent<'WorkItemRejected', WorkItemRejectedData>;

/** A failed work item is to be tried again; it is scheduled once the scheduler took it in again. */
export type WorkItemRetryRequestedData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** The process that does it, and the id of its quota grant. */
  readonly processId: string;
  /** Actor who asked for it. */
  readonly requestedBy: string;
};

/** A failed work item is to be tried again; it is scheduled once the scheduler took it in again. */
export type WorkItemRetryRequested = DomainEvent<'WorkItemRetryRequested', WorkItemRetryRequestedData>;

/** The work item went from one state to another. All that belongs to the change is in it. */
export type WorkItemStateChangedData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** State before. */
  readonly previousState: WorkItemState;
  /** State after. */
  readonly newState: WorkItemState;
  /** Actor or service that caused it. */
  readonly changedBy: string;
  /** Why. */
  readonly reason: string | null;
  /** The attempt it is about; 0 before the first. */
  readonly attempt: number;
  /** The run it is about. */
  readonly runId: string | null;
  /** The process that caused it; for a retry the new quota grant. */
  readonly processId: string | null;
  /** What the run returned, with state completed. */
  readonly result: JsonValue | null;
  /** Why it failed, with state failed or deleted. */
  readonly error: Failure | null;
  /** What the run produced, with state completed. */
  readonly artifacts: readonly Artifact[];
};

/** The work item went from one state to another. All that belongs to the change is in it. */
export type WorkItemStateChanged = DomainEvent<'WorkItemStateChanged', WorkItemStateChangedData>;

/** Every event of the context work-item. */
export type WorkItemEvent =
  | ProcessCompensated
  | ProcessCompensationFailed
  | ProcessCompleted
  | ProcessStarted
  | ProcessStepCompensated
  | ProcessStepFailed
  | ProcessStepStarted
  | ProcessStepSucceeded
  | ProcessWaiting
  | ToolRecipeValidated
  | WorkItemApproved
  | WorkItemCreated
  | WorkItemDeleted
  | WorkItemPriorityChanged
  | WorkItemRejected
  | WorkItemRetryRequested
  | WorkItemStateChanged;
