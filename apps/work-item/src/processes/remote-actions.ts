import type {
  AssignQuotaData,
  NotifySubscribersData,
  ReleaseQuotaData,
  ScheduleWorkItemData,
  UnscheduleTaskData,
} from '@codex/contracts';
import { streamId, type UnitOfWork } from '@codex/event-sourcing';
import type { RemoteAction, StepContext } from '@codex/process-manager';
import { subjectOf, workItemOf, workItemStream } from './process-subject';

/** The grant is named by the process, so that a retry has its own. */
export const assignQuota: RemoteAction = {
  kind: 'remote',
  name: 'AssignQuota',
  target: 'project',
  build: (_unit, context) => {
    const { projectId, workItemId } = subjectOf(context);
    const { processId } = context;
    const data: AssignQuotaData = { projectId, workItemId, grantId: processId, processId };
    return { stream: quotaStream(projectId), data };
  },
};

/** Never refused. */
export const releaseQuota: RemoteAction = {
  kind: 'remote',
  name: 'ReleaseQuota',
  target: 'project',
  build: (_unit, context) => {
    const { projectId, workItemId } = subjectOf(context);
    const { processId } = context;
    const data: ReleaseQuotaData = { projectId, workItemId, grantId: processId, processId };
    return { stream: quotaStream(projectId), data };
  },
};

export const scheduleWorkItem: RemoteAction<{ readonly firstAttempt: number }> = {
  kind: 'remote',
  name: 'ScheduleWorkItem',
  target: 'scheduler',
  build: (unit, context) => ({ stream: taskStream(context), data: taskOf(unit, context) }),
};

/** Always accepted: ends the task, or makes a ScheduleWorkItem that arrives later do nothing. */
export const unscheduleTask: RemoteAction = {
  kind: 'remote',
  name: 'UnscheduleTask',
  target: 'scheduler',
  build: (_unit, context) => {
    const { processId, failure } = context;
    const { workItemId, projectId } = subjectOf(context);
    const data: UnscheduleTaskData = { workItemId, projectId, processId, reason: failure?.message ?? null };
    return { stream: taskStream(context), data };
  },
};

export const notifySubscribers: RemoteAction = {
  kind: 'remote',
  name: 'NotifySubscribers',
  target: 'notification',
  build: (unit, context) => {
    const { workItemId, projectId } = subjectOf(context);
    const { title, createdBy } = workItemOf(unit, context).plan;
    const { processId } = context;
    const data: NotifySubscribersData = { workItemId, projectId, processId, title, createdBy };
    return { stream: workItemStream(workItemId), data };
  },
};

/** `ProjectQuota-<projectId>`, where the project service counts. */
export function quotaStream(projectId: string): string {
  return streamId('ProjectQuota', projectId);
}

function taskStream(context: StepContext): string {
  return streamId('Task', subjectOf(context).workItemId);
}

function taskOf(unit: UnitOfWork, context: StepContext<{ readonly firstAttempt: number }>): ScheduleWorkItemData {
  const { workItemId, projectId, priority, plan } = workItemOf(unit, context);
  const { toolRecipe, tools, timeoutMs, dependencies, notBefore, retry } = plan;
  const { processId, metadata, input } = context;
  const about = { workItemId, projectId, processId, priority, firstAttempt: input.firstAttempt };
  return { ...about, toolRecipe, tools, timeoutMs, dependencies, notBefore, retry, scheduledBy: metadata.actor };
}
