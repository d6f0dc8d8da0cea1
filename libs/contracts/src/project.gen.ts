// Generated from schemas/avro by `npm run codegen`. Do not edit.
import type { DomainEvent, DomainCommand } from '@codex/event-sourcing';
import type { RequirementStatus } from './nested-types.gen';

/** Count one open work item against the project's limit. */
export type AssignQuotaData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** Names the grant: the id of the process that asked for it. */
  readonly grantId: string;
  /** The process that sent it and waits for the answer. */
  readonly processId: string;
};

/** Count one open work item against the project's limit. */
export type AssignQuota = DomainCommand<'AssignQuota', AssignQuotaData>;

/** The project was closed for good. */
export type ProjectArchivedData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** Why. */
  readonly reason: string | null;
};

/** The project was closed for good. */
export type ProjectArchived = DomainEvent<'ProjectArchived', ProjectArchivedData>;

/** A project was created. */
export type ProjectCreatedData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** 1 to 200 characters. */
  readonly name: string;
  /** What it is about. */
  readonly description: string | null;
  /** An https, ssh or file URL. */
  readonly repositoryUrl: string | null;
  /** Actor who created it. */
  readonly createdBy: string;
};

/** A project was created. */
export type ProjectCreated = DomainEvent<'ProjectCreated', ProjectCreatedData>;

/** Name, description or repository changed; all three as they are now. */
export type ProjectDetailsChangedData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** 1 to 200 characters. */
  readonly name: string;
  /** What it is about. */
  readonly description: string | null;
  /** An https, ssh or file URL. */
  readonly repositoryUrl: string | null;
};

/** Name, description or repository changed; all three as they are now. */
export type ProjectDetailsChanged = DomainEvent<'ProjectDetailsChanged', ProjectDetailsChangedData>;

/** No new runs are handed out for the project; running work goes on. */
export type ProjectPausedData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** Why. */
  readonly reason: string | null;
};

/** No new runs are handed out for the project; running work goes on. */
export type ProjectPaused = DomainEvent<'ProjectPaused', ProjectPausedData>;

/** The limits of the project were set; null lifts a limit. */
export type ProjectQuotaSetData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** Work items that may be open at once. */
  readonly maxOpenWorkItems: number | null;
  /** Runs that may run at once. */
  readonly maxConcurrentRuns: number | null;
  /** Minutes of running a day, UTC. */
  readonly maxRunMinutesPerDay: number | null;
};

/** The limits of the project were set; null lifts a limit. */
export type ProjectQuotaSet = DomainEvent<'ProjectQuotaSet', ProjectQuotaSetData>;

/** Runs are handed out again. */
export type ProjectResumedData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** Why. */
  readonly reason: string | null;
};

/** Runs are handed out again. */
export type ProjectResumed = DomainEvent<'ProjectResumed', ProjectResumedData>;

/** One open work item was counted against the project's limit. */
export type QuotaAssignedData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** Names the grant: the id of the process that asked for it. */
  readonly grantId: string;
};

/** One open work item was counted against the project's limit. */
export type QuotaAssigned = DomainEvent<'QuotaAssigned', QuotaAssignedData>;

/** A grant was given back. */
export type QuotaReleasedData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** Names the grant: the id of the process that asked for it. */
  readonly grantId: string;
};

/** A grant was given back. */
export type QuotaReleased = DomainEvent<'QuotaReleased', QuotaReleasedData>;

/** Give a grant back; never refused. */
export type ReleaseQuotaData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** Names the grant: the id of the process that asked for it. */
  readonly grantId: string;
  /** The process that waits for the answer; null when nobody does. */
  readonly processId: string | null;
};

/** Give a grant back; never refused. */
export type ReleaseQuota = DomainCommand<'ReleaseQuota', ReleaseQuotaData>;

/** A requirement was added. */
export type RequirementAddedData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** Names the requirement within its project. */
  readonly requirementId: string;
  /** One line. */
  readonly title: string;
  /** The text. */
  readonly body: string | null;
  /** 0 to 9, 9 first. */
  readonly priority: number;
  /** Where it stands. */
  readonly status: RequirementStatus;
};

/** A requirement was added. */
export type RequirementAdded = DomainEvent<'RequirementAdded', RequirementAddedData>;

/** A requirement changed; all its values as they are now. */
export type RequirementChangedData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** Names the requirement within its project. */
  readonly requirementId: string;
  /** One line. */
  readonly title: string;
  /** The text. */
  readonly body: string | null;
  /** 0 to 9, 9 first. */
  readonly priority: number;
  /** Where it stands. */
  readonly status: RequirementStatus;
};

/** A requirement changed; all its values as they are now. */
export type RequirementChanged = DomainEvent<'RequirementChanged', RequirementChangedData>;

/** A requirement was taken out. */
export type RequirementRemovedData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** Names the requirement within its project. */
  readonly requirementId: string;
};

/** A requirement was taken out. */
export type RequirementRemoved = DomainEvent<'RequirementRemoved', RequirementRemovedData>;

/** The vision of the project was set or replaced. */
export type VisionSetData = {
  /** The project it belongs to. */
  readonly projectId: string;
  /** The vision. */
  readonly statement: string;
};

/** The vision of the project was set or replaced. */
export type VisionSet = DomainEvent<'VisionSet', VisionSetData>;

/** Every event of the context project. */
export type ProjectEvent =
  | ProjectArchived
  | ProjectCreated
  | ProjectDetailsChanged
  | ProjectPaused
  | ProjectQuotaSet
  | ProjectResumed
  | QuotaAssigned
  | QuotaReleased
  | RequirementAdded
  | RequirementChanged
  | RequirementRemoved
  | VisionSet;

/** Every command of the context project. */
export type ProjectCommand =
  | AssignQuota
  | ReleaseQuota;
