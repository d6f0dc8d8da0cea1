import { defineProcess } from '@codex/process-manager';
import { workItemParticipant } from './process-subject';
import { assignQuota, releaseQuota, scheduleWorkItem, unscheduleTask } from './remote-actions';
import { markScheduled } from './work-item-creation.process';

export interface RetryInput {
  /** Attempts go on counting. */
  readonly firstAttempt: number;
}

const MINUTE_MS = 60_000;

/**
 * Brings a failed work item to the scheduler again, with a quota grant of its own and maxAttempts more. Refused quota, or
 * ten minutes of silence from the project, leave the item `failed`; it can then be retried again.
 */
export const workItemRetry = defineProcess<RetryInput>({
  name: 'WorkItemRetry',
  version: 1,
  participants: [workItemParticipant],
  steps: [
    { name: 'AssignQuota', action: assignQuota, compensation: releaseQuota, deadlineMs: 10 * MINUTE_MS },
    {
      name: 'ScheduleTask',
      action: scheduleWorkItem,
      compensation: unscheduleTask,
      onSucceeded: markScheduled,
    },
  ],
});
