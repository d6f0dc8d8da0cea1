import { NotFound } from '@codex/event-sourcing';
import { ProjectIsArchived } from '../domain/work-item.errors';

/** What this service has heard of a project so far. It may be behind: the creation process asks the project itself. */
export interface KnownProject {
  readonly tenantId: string;
  readonly archived: boolean;
}

export interface KnownProjects {
  /** Null while nothing was heard of it. */
  find(projectId: string): Promise<KnownProject | null>;
}

/** Refuses what can't come to anything: a project of another tenant, or an archived one. */
export function refuseHopeless(project: KnownProject | null, projectId: string, tenantId: string): void {
  if (project === null) return;
  if (project.tenantId !== tenantId) throw new NotFound(`project ${projectId}`);
  if (project.archived) throw new ProjectIsArchived(projectId);
}
