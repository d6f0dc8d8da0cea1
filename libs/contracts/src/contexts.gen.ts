// Generated from schemas/avro by `npm run codegen`. Do not edit.
import type { AgentDeregisteredData, AgentDrainingData, AgentLostData, AgentRegisteredData, AgentResumedData, RunCancelledData, RunCompletedData, RunFailedData, RunLostData, RunProgressedData, RunQueuedData, RunStartedData } from './agent.gen';
import type { NotificationDeliveredData, NotificationFailedData, NotifySubscribersData, SubscribersNotifiedData, SubscriptionCreatedData, SubscriptionRemovedData } from './notification.gen';
import type { AssignQuotaData, ProjectArchivedData, ProjectCreatedData, ProjectDetailsChangedData, ProjectPausedData, ProjectQuotaSetData, ProjectResumedData, QuotaAssignedData, QuotaReleasedData, ReleaseQuotaData, RequirementAddedData, RequirementChangedData, RequirementRemovedData, VisionSetData } from './project.gen';
import type { ScheduleWorkItemData, TaskCancelledData, TaskCompletedData, TaskFailedData, TaskReadyData, TaskRetryScheduledData, TaskScheduledData, TaskStartedData, TaskUnscheduledData, UnscheduleTaskData } from './scheduler.gen';
import type { CommandRepliedData, ConsumerLogAdoptedData, ConsumerMessageSkippedData, DeadLetterDiscardedData, DeadLetterParkedData, DeadLetterRedrivenData, ServiceHealthChangedData } from './system.gen';
import type { ProcessCompensatedData, ProcessCompensationFailedData, ProcessCompletedData, ProcessStartedData, ProcessStepCompensatedData, ProcessStepFailedData, ProcessStepStartedData, ProcessStepSucceededData, ProcessWaitingData, ToolRecipeValidatedData, WorkItemApprovedData, WorkItemCreatedData, WorkItemDeletedData, WorkItemPriorityChangedData, WorkItemRejectedData, WorkItemRetryRequestedData, WorkItemStateChangedData } from './work-item.gen';

export type * from './nested-types.gen';
export type * from './agent.gen';
export type * from './notification.gen';
export type * from './project.gen';
export type * from './scheduler.gen';
export type * from './system.gen';
export type * from './work-item.gen';

/** The bounded contexts; each has its topics and its namespace. */
export type Context = 'agent' | 'notification' | 'project' | 'scheduler' | 'system' | 'work-item';

/** The data of each message by its type. */
export interface MessageData {
  readonly AgentDeregistered: AgentDeregisteredData;
  readonly AgentDraining: AgentDrainingData;
  readonly AgentLost: AgentLostData;
  readonly AgentRegistered: AgentRegisteredData;
  readonly AgentResumed: AgentResumedData;
  readonly RunCancelled: RunCancelledData;
  readonly RunCompleted: RunCompletedData;
  readonly RunFailed: RunFailedData;
  readonly RunLost: RunLostData;
  readonly RunProgressed: RunProgressedData;
  readonly RunQueued: RunQueuedData;
  readonly RunStarted: RunStartedData;
  readonly NotificationDelivered: NotificationDeliveredData;
  readonly NotificationFailed: NotificationFailedData;
  readonly NotifySubscribers: NotifySubscribersData;
  readonly SubscribersNotified: SubscribersNotifiedData;
  readonly SubscriptionCreated: SubscriptionCreatedData;
  readonly SubscriptionRemoved: SubscriptionRemovedData;
  readonly AssignQuota: AssignQuotaData;
  readonly ProjectArchived: ProjectArchivedData;
  readonly ProjectCreated: ProjectCreatedData;
  readonly ProjectDetailsChanged: ProjectDetailsChangedData;
  readonly ProjectPaused: ProjectPausedData;
  readonly ProjectQuotaSet: ProjectQuotaSetData;
  readonly ProjectResumed: ProjectResumedData;
  readonly QuotaAssigned: QuotaAssignedData;
  readonly QuotaReleased: QuotaReleasedData;
  readonly ReleaseQuota: ReleaseQuotaData;
  readonly RequirementAdded: RequirementAddedData;
  readonly RequirementChanged: RequirementChangedData;
  readonly RequirementRemoved: RequirementRemovedData;
  readonly VisionSet: VisionSetData;
  readonly ScheduleWorkItem: ScheduleWorkItemData;
  readonly TaskCancelled: TaskCancelledData;
  readonly TaskCompleted: TaskCompletedData;
  readonly TaskFailed: TaskFailedData;
  readonly TaskReady: TaskReadyData;
  readonly TaskRetryScheduled: TaskRetryScheduledData;
  readonly TaskScheduled: TaskScheduledData;
  readonly TaskStarted: TaskStartedData;
  readonly TaskUnscheduled: TaskUnscheduledData;
  readonly UnscheduleTask: UnscheduleTaskData;
  readonly CommandReplied: CommandRepliedData;
  readonly ConsumerLogAdopted: ConsumerLogAdoptedData;
  readonly ConsumerMessageSkipped: ConsumerMessageSkippedData;
  readonly DeadLetterDiscarded: DeadLetterDiscardedData;
  readonly DeadLetterParked: DeadLetterParkedData;
  readonly DeadLetterRedriven: DeadLetterRedrivenData;
  readonly ServiceHealthChanged: ServiceHealthChangedData;
  readonly ProcessCompensated: ProcessCompensatedData;
  readonly ProcessCompensationFailed: ProcessCompensationFailedData;
  readonly ProcessCompleted: ProcessCompletedData;
  readonly ProcessStarted: ProcessStartedData;
  readonly ProcessStepCompensated: ProcessStepCompensatedData;
  readonly ProcessStepFailed: ProcessStepFailedData;
  readonly ProcessStepStarted: ProcessStepStartedData;
  readonly ProcessStepSucceeded: ProcessStepSucceededData;
  readonly ProcessWaiting: ProcessWaitingData;
  readonly ToolRecipeValidated: ToolRecipeValidatedData;
  readonly WorkItemApproved: WorkItemApprovedData;
  readonly WorkItemCreated: WorkItemCreatedData;
  readonly WorkItemDeleted: WorkItemDeletedData;
  readonly WorkItemPriorityChanged: WorkItemPriorityChangedData;
  readonly WorkItemRejected: WorkItemRejectedData;
  readonly WorkItemRetryRequested: WorkItemRetryRequestedData;
  readonly WorkItemStateChanged: WorkItemStateChangedData;
}
