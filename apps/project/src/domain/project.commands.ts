import type { RequirementStatus } from '@codex/contracts';
import type { DomainCommand } from '@codex/event-sourcing';

export type CreateProject = DomainCommand<
  'CreateProject',
  {
    readonly projectId: string;
    readonly name: string;
    readonly description: string | null;
    readonly repositoryUrl: string | null;
  }
>;

/** What is absent stays as it is; null takes it away. */
export type ChangeProjectDetails = DomainCommand<
  'ChangeProjectDetails',
  {
    readonly projectId: string;
    readonly name?: string | undefined;
    readonly description?: string | null | undefined;
    readonly repositoryUrl?: string | null | undefined;
  }
>;

export type ArchiveProject = DomainCommand<'ArchiveProject', WithReason>;
export type PauseProject = DomainCommand<'PauseProject', WithReason>;
export type ResumeProject = DomainCommand<'ResumeProject', WithReason>;

export type SetVision = DomainCommand<'SetVision', { readonly projectId: string; readonly statement: string }>;

export type AddRequirement = DomainCommand<
  'AddRequirement',
  {
    readonly projectId: string;
    readonly requirementId: string;
    readonly title: string;
    readonly body: string | null;
    readonly priority: number;
  }
>;

/** What is absent stays as it is; null takes it away. */
export type ChangeRequirement = DomainCommand<
  'ChangeRequirement',
  {
    readonly projectId: string;
    readonly requirementId: string;
    readonly title?: string | undefined;
    readonly body?: string | null | undefined;
    readonly priority?: number | undefined;
    readonly status?: RequirementStatus | undefined;
  }
>;

export type RemoveRequirement = DomainCommand<
  'RemoveRequirement',
  { readonly projectId: string; readonly requirementId: string }
>;

/** Everything that can be asked of a `Project` stream. */
export type ProjectCommand =
  | CreateProject
  | ChangeProjectDetails
  | ArchiveProject
  | SetVision
  | AddRequirement
  | ChangeRequirement
  | RemoveRequirement
  | PauseProject
  | ResumeProject;

interface WithReason {
  readonly projectId: string;
  readonly reason: string | null;
}
