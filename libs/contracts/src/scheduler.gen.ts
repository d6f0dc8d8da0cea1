// Generated from schemas/avro by `npm run codegen`. Do not edit.
import type { DomainEvent, DomainCommand } from '@codex/event-sourcing';
import type { Failure, RetryPolicy, ToolRecipe } from './nested-types.gen';

/** Take the work item in and say when it is ready. */
export type ScheduleWorkItemData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** The process that asked for it. */
  readonly processId: string;
  /** 0 to 9, 9 first. */
  readonly priority: number;
  /** What an agent has to do. */
  readonly toolRecipe: ToolRecipe;
  /** The distinct tools an agent needs. */
  readonly tools: readonly string[];
  /** The longest one attempt may take, in milliseconds. */
  readonly timeoutMs: number | null;
  /** Work items that must be completed before. */
  readonly dependencies: readonly string[];
  /** Not to be started earlier. */
  readonly notBefore: string | null;
  /** How failed attempts are repeated. */
  readonly retry: RetryPolicy;
  /** Number of its first attempt: 1, or more for a retry of a failed item. */
  readonly firstAttempt: number;
  /** Actor who asked for it. */
  readonly scheduledBy: string;
};

/** Take the work item in and say when it is ready. */
export type ScheduleWorkItem = DomainCommand<'ScheduleWorkItem', ScheduleWorkItemData>;

/** The work item was cancelled. */
export type TaskCancelledData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Why. */
  readonly reason: string | null;
};

/** The work item was cancelled. */
export type TaskCancelled = DomainEvent<'TaskCancelled', TaskCancelledData>;

/** The work item was completed. */
export type TaskCompletedData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
};

/** The work item was completed. */
export type TaskCompleted = DomainEvent<'TaskCompleted', TaskCompletedData>;

/** No attempt is left, or none makes sense. */
export type TaskFailedData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** The run it is about. */
  readonly runId: string | null;
  /** Why. */
  readonly error: Failure;
};

/** No attempt is left, or none makes sense. */
export type TaskFailed = DomainEvent<'TaskFailed', TaskFailedData>;

/** Nothing stands in the way of the next attempt; brings all that a run needs. */
export type TaskReadyData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** Attempts in all. */
  readonly maxAttempts: number;
  /** 0 to 9, 9 first. */
  readonly priority: number;
  /** What an agent has to do. */
  readonly toolRecipe: ToolRecipe;
  /** The distinct tools an agent needs. */
  readonly tools: readonly string[];
  /** The longest one attempt may take, in milliseconds. */
  readonly timeoutMs: number | null;
};

/** Nothing stands in the way of the next attempt; brings all that a run needs. */
export type TaskReady = DomainEvent<'TaskReady', TaskReadyData>;

/** The attempt failed; the next one is due later. */
export type TaskRetryScheduledData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** Number of the next attempt. */
  readonly nextAttempt: number;
  /** When it becomes ready. */
  readonly dueAt: string;
  /** The run it is about. */
  readonly runId: string | null;
  /** Why the attempt failed. */
  readonly error: Failure;
};

/** The attempt failed; the next one is due later. */
export type TaskRetryScheduled = DomainEvent<'TaskRetryScheduled', TaskRetryScheduledData>;

/** The scheduler took the work item in. */
export type TaskScheduledData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** The process that asked for it. */
  readonly processId: string;
  /** 0 to 9, 9 first. */
  readonly priority: number;
  /** What an agent has to do. */
  readonly toolRecipe: ToolRecipe;
  /** The distinct tools an agent needs. */
  readonly tools: readonly string[];
  /** The longest one attempt may take, in milliseconds. */
  readonly timeoutMs: number | null;
  /** Work items that must be completed before. */
  readonly dependencies: readonly string[];
  /** Not to be started earlier. */
  readonly notBefore: string | null;
  /** How failed attempts are repeated. */
  readonly retry: RetryPolicy;
  /** Number of its first attempt: 1, or more for a retry of a failed item. */
  readonly firstAttempt: number;
  /** Actor who asked for it. */
  readonly scheduledBy: string;
};

/** The scheduler took the work item in. */
export type TaskScheduled = DomainEvent<'TaskScheduled', TaskScheduledData>;

/** An agent runs it. */
export type TaskStartedData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** The run it is about. */
  readonly runId: string | null;
};

/** An agent runs it. */
export type TaskStarted = DomainEvent<'TaskStarted', TaskStartedData>;

/** The task was taken back, or will not be taken in. */
export type TaskUnscheduledData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** The process that asked for it. */
  readonly processId: string;
  /** Why. */
  readonly reason: string | null;
};

/** The task was taken back, or will not be taken in. */
export type TaskUnscheduled = DomainEvent<'TaskUnscheduled', TaskUnscheduledData>;

/** Take the task back; always accepted, also before the task is known. */
export type UnscheduleTaskData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** The process that sent it and waits for the answer. */
  readonly processId: string;
  /** Why. */
  readonly reason: string | null;
};

/** Take the task back; always accepted, also before the task is known. */
export type UnscheduleTask = DomainCommand<'UnscheduleTask', UnscheduleTaskData>;

/** Every event of the context scheduler. */
export type SchedulerEvent =
  | TaskCancelled
  | TaskCompleted
  | TaskFailed
  | TaskReady
  | TaskRetryScheduled
  | TaskScheduled
  | TaskStarted
  | TaskUnscheduled;

/** Every command of the context scheduler. */
export type SchedulerCommand =
  | ScheduleWorkItem
  | UnscheduleTask;
