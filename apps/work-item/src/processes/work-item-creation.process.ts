import type { UnitOfWork } from '@codex/event-sourcing';
import { defineProcess, type LocalAction, type StepContext } from '@codex/process-manager';
import { toolsOf } from '../tools/tool-catalogue';
import { decideOnWorkItem, subjectOf, workItemOf, workItemParticipant } from './process-subject';
import { assignQuota, notifySubscribers, releaseQuota, scheduleWorkItem, unscheduleTask } from './remote-actions';

export interface CreationInput {
  readonly requiresApproval: boolean;
  readonly firstAttempt: 1;
}

const MINUTE_MS = 60_000;

// The item was created by the command that starts the process, in the same unit: this step names that fact and its undoing.
const createWorkItem: LocalAction = {
  kind: 'local',
  name: 'CreateWorkItem',
  execute: (unit, context) => void workItemOf(unit, context),
};

const deleteWorkItem: LocalAction = {
  kind: 'local',
  name: 'DeleteWorkItem',
  execute(unit, context) {
    const { workItemId } = subjectOf(context);
    const { processId, metadata } = context;
    const error = context.failure ?? { code: 'COMPENSATED', message: 'the creation was undone' };
    const data = { workItemId, processId, error };
    return decideOnWorkItem(unit, { type: 'DeleteWorkItem', data, metadata }) ? 'succeeded' : 'nothing';
  },
};

const validateToolRecipe: LocalAction = {
  kind: 'local',
  name: 'ValidateToolRecipe',
  execute(unit, context) {
    const { workItemId, plan } = workItemOf(unit, context);
    const data = { workItemId, tools: toolsOf(plan.toolRecipe) };
    decideOnWorkItem(unit, { type: 'ValidateToolRecipe', data, metadata: context.metadata });
  },
};

/**
 * Brings a new work item to the scheduler.
 *
 * What happens when | then
 * --- | ---
 * the recipe is wrong, the quota or the schedule is refused, the approval is rejected | what was done is undone, the item is `deleted`
 * the project does not answer for 10 minutes | the same, ReleaseQuota included, because the grant is in doubt
 * the scheduler does not answer | ScheduleWorkItem is sent again until it does
 * the notification is refused or not answered in 2 minutes | the step shows as failed and the process completes
 * the item is cancelled | everything is undone except the item, which stays `cancelled`
 */
export const workItemCreation = defineProcess<CreationInput>({
  name: 'WorkItemCreation',
  version: 1,
  participants: [workItemParticipant],
  steps: [
    { name: 'CreateWorkItem', action: createWorkItem, compensation: deleteWorkItem },
    { name: 'ValidateToolRecipe', action: validateToolRecipe },
    { name: 'AssignQuota', action: assignQuota, compensation: releaseQuota, deadlineMs: 10 * MINUTE_MS },
    {
      name: 'AwaitApproval',
      action: { kind: 'wait', waitingFor: 'approval', signals: { approved: 'succeed', rejected: 'refuse' } },
      when: ({ requiresApproval }) => requiresApproval,
      onWaiting: requestApproval,
    },
    {
      name: 'ScheduleTask',
      action: scheduleWorkItem,
      compensation: unscheduleTask,
      onSucceeded: markScheduled,
    },
    { name: 'NotifySubscribers', action: notifySubscribers, bestEffort: true, deadlineMs: 2 * MINUTE_MS },
  ],
});

function requestApproval(unit: UnitOfWork, context: StepContext): void {
  const { workItemId } = subjectOf(context);
  const { processId, metadata } = context;
  decideOnWorkItem(unit, { type: 'RequestApproval', data: { workItemId, processId }, metadata });
}

/** Also of the retry: the item shows `scheduled` once the scheduler has taken it in. */
export function markScheduled(unit: UnitOfWork, context: StepContext): void {
  const { workItemId } = subjectOf(context);
  const { processId, metadata } = context;
  decideOnWorkItem(unit, { type: 'MarkScheduled', data: { workItemId, processId }, metadata });
}
