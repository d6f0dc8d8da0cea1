import { NotFound, type Decider } from '@codex/event-sourcing';
import type {
  AddRequirement,
  ArchiveProject,
  ChangeProjectDetails,
  ChangeRequirement,
  CreateProject,
  PauseProject,
  ProjectCommand,
  RemoveRequirement,
  ResumeProject,
  SetVision,
} from './project.commands';
import {
  ProjectAlreadyExists,
  ProjectIsArchived,
  RequirementAlreadyExists,
  TooManyRequirements,
} from './project.errors';
import type { ProjectEvent } from './project.events';
import { evolve, initialState, type ActiveProject, type ProjectState, type Requirement } from './project.state';

/** As many requirements as one project can have. */
export const MAX_REQUIREMENTS = 1_000;

export const projectDecider: Decider<ProjectCommand, ProjectState, ProjectEvent> = {
  category: 'Project',
  stateVersion: 1,
  initialState,
  evolve,
  decide,
};

/** The project, when it takes commands: `projectId` only names it in the refusal. */
export function requireActive(state: ProjectState, projectId: string): ActiveProject {
  if (state.status === 'absent') throw new NotFound(`project ${projectId}`);
  if (state.status === 'archived') throw new ProjectIsArchived(projectId);
  return state;
}

export function decide(command: ProjectCommand, state: ProjectState): readonly ProjectEvent[] {
  if (command.type === 'CreateProject') return createProject(command, state);
  if (command.type === 'ArchiveProject') return archiveProject(command, state);
  const project = requireActive(state, command.data.projectId);
  switch (command.type) {
    case 'ChangeProjectDetails':
      return changeProjectDetails(command, project);
    case 'SetVision':
      return setVision(command, project);
    case 'AddRequirement':
      return addRequirement(command, project);
    case 'ChangeRequirement':
      return changeRequirement(command, project);
    case 'RemoveRequirement':
      return removeRequirement(command, project);
    case 'PauseProject':
      return pauseProject(command, project);
    case 'ResumeProject':
      return resumeProject(command, project);
  }
}

function createProject({ data, metadata }: CreateProject, state: ProjectState): readonly ProjectEvent[] {
  if (state.status !== 'absent') throw new ProjectAlreadyExists(data.projectId);
  return [{ type: 'ProjectCreated', data: { ...data, createdBy: metadata.actor } }];
}

function archiveProject({ data }: ArchiveProject, state: ProjectState): readonly ProjectEvent[] {
  if (state.status === 'archived') return [];
  requireActive(state, data.projectId);
  return [{ type: 'ProjectArchived', data }];
}

function changeProjectDetails({ data }: ChangeProjectDetails, project: ActiveProject): readonly ProjectEvent[] {
  const name = data.name ?? project.name;
  const description = data.description === undefined ? project.description : data.description;
  const repositoryUrl = data.repositoryUrl === undefined ? project.repositoryUrl : data.repositoryUrl;
  const same = name === project.name && description === project.description && repositoryUrl === project.repositoryUrl;
  if (same) return [];
  return [{ type: 'ProjectDetailsChanged', data: { projectId: data.projectId, name, description, repositoryUrl } }];
}

function setVision({ data }: SetVision, project: ActiveProject): readonly ProjectEvent[] {
  if (project.vision === data.statement) return [];
  return [{ type: 'VisionSet', data }];
}

function addRequirement({ data }: AddRequirement, project: ActiveProject): readonly ProjectEvent[] {
  if (project.requirements.has(data.requirementId)) throw new RequirementAlreadyExists(data.requirementId);
  if (project.requirements.size >= MAX_REQUIREMENTS) throw new TooManyRequirements(MAX_REQUIREMENTS);
  return [{ type: 'RequirementAdded', data: { ...data, status: 'open' } }];
}

function changeRequirement({ data }: ChangeRequirement, project: ActiveProject): readonly ProjectEvent[] {
  const before = project.requirements.get(data.requirementId);
  if (before === undefined) throw new NotFound(`requirement ${data.requirementId}`);
  const after: Requirement = {
    title: data.title ?? before.title,
    body: data.body === undefined ? before.body : data.body,
    priority: data.priority ?? before.priority,
    status: data.status ?? before.status,
  };
  if (isSame(before, after)) return [];
  const { projectId, requirementId } = data;
  return [{ type: 'RequirementChanged', data: { projectId, requirementId, ...after } }];
}

function removeRequirement({ data }: RemoveRequirement, project: ActiveProject): readonly ProjectEvent[] {
  if (!project.requirements.has(data.requirementId)) throw new NotFound(`requirement ${data.requirementId}`);
  return [{ type: 'RequirementRemoved', data }];
}

function pauseProject({ data }: PauseProject, project: ActiveProject): readonly ProjectEvent[] {
  return project.paused ? [] : [{ type: 'ProjectPaused', data }];
}

function resumeProject({ data }: ResumeProject, project: ActiveProject): readonly ProjectEvent[] {
  return project.paused ? [{ type: 'ProjectResumed', data }] : [];
}

function isSame(one: Requirement, other: Requirement): boolean {
  return (
    one.title === other.title &&
    one.body === other.body &&
    one.priority === other.priority &&
    one.status === other.status
  );
}
