import { NotFound, type CommandMetadata, type LoadedStream } from '@codex/event-sourcing';
import { requireActive } from '../domain/project.decider';
import type { ActiveProject, ProjectState } from '../domain/project.state';

/**
 * Refuses a command to another stream of the project unless the project exists for the tenant and is not archived.
 * The project's stream is only read: a command that races with its archiving counts as having come before it.
 */
export function requireActiveProject(
  project: LoadedStream<ProjectState>,
  projectId: string,
  { tenantId }: CommandMetadata,
): ActiveProject {
  if (project.tenantId !== tenantId) throw new NotFound(`project ${projectId}`);
  return requireActive(project.state, projectId);
}
