import type { ScheduleWorkItemData, UnscheduleTask } from '@codex/contracts';
import type { DomainCommand } from '@codex/event-sourcing';
import type { TaskError } from './task.state';

/** What the scheduler knows about the item and its dependencies when it is asked to take the item in. */
export interface Surroundings {
  /** The item has ended for good before it was taken in. */
  readonly isOver: boolean;
  readonly openDependencies: number;
  /** Why the item can never become ready, when a dependency will not be completed. */
  readonly brokenDependency: TaskError | null;
}

export type ScheduleTask = DomainCommand<'ScheduleTask', ScheduleWorkItemData & Surroundings>;

/** Nothing but time can still stand in the way. `priority` null: as it was when the task was scheduled. */
export type MakeTaskReady = DomainCommand<'MakeTaskReady', { readonly priority: number | null }>;

export type StartTask = DomainCommand<'StartTask', { readonly attempt: number; readonly runId: string | null }>;

/** One attempt failed or its run was lost. `random` in [0, 1) is the draw for the jitter. */
export type FailAttempt = DomainCommand<
  'FailAttempt',
  {
    readonly attempt: number;
    readonly runId: string;
    readonly error: TaskError;
    readonly retryable: boolean;
    readonly random: number;
  }
>;

export type CompleteTask = DomainCommand<'CompleteTask', { readonly attempt: number; readonly runId: string | null }>;

/** No further attempt makes sense. `attempt` null: whatever the task's current one is. */
export type FailTask = DomainCommand<
  'FailTask',
  { readonly attempt: number | null; readonly runId: string | null; readonly error: TaskError }
>;

export type CancelTask = DomainCommand<'CancelTask', { readonly reason: string | null }>;

/** Everything that can be asked of a `Task` stream. Nothing is ever refused: stale or repeated facts change nothing. */
export type TaskCommand =
  ScheduleTask | UnscheduleTask | MakeTaskReady | StartTask | FailAttempt | CompleteTask | FailTask | CancelTask;

export type { UnscheduleTask };
