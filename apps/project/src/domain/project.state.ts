import type { RequirementStatus } from '@codex/contracts';
import type { ProjectEvent } from './project.events';

export interface Requirement {
  readonly title: string;
  readonly body: string | null;
  readonly priority: number;
  readonly status: RequirementStatus;
}

export interface ActiveProject {
  readonly status: 'active';
  readonly projectId: string;
  readonly name: string;
  readonly description: string | null;
  readonly repositoryUrl: string | null;
  readonly vision: string | null;
  readonly paused: boolean;
  readonly requirements: ReadonlyMap<string, Requirement>;
}

export type ProjectState =
  { readonly status: 'absent' } | ActiveProject | { readonly status: 'archived'; readonly projectId: string };

export function initialState(): ProjectState {
  return { status: 'absent' };
}

export function evolve(state: ProjectState, event: ProjectEvent): ProjectState {
  if (event.type === 'ProjectCreated') return created(event.data);
  return state.status === 'active' ? evolveActive(state, event) : state;
}

function created(project: {
  readonly projectId: string;
  readonly name: string;
  readonly description: string | null;
  readonly repositoryUrl: string | null;
}): ActiveProject {
  const { projectId, name, description, repositoryUrl } = project;
  const nothingYet = { vision: null, paused: false, requirements: new Map<string, Requirement>() };
  return { status: 'active', projectId, name, description, repositoryUrl, ...nothingYet };
}

function evolveActive(
  state: ActiveProject,
  event: Exclude<ProjectEvent, { readonly type: 'ProjectCreated' }>,
): ProjectState {
  switch (event.type) {
    case 'ProjectDetailsChanged': {
      const { name, description, repositoryUrl } = event.data;
      return { ...state, name, description, repositoryUrl };
    }
    case 'ProjectArchived':
      return { status: 'archived', projectId: state.projectId };
    case 'VisionSet':
      return { ...state, vision: event.data.statement };
    case 'RequirementAdded':
    case 'RequirementChanged': {
      const { requirementId, title, body, priority, status } = event.data;
      const requirement = { title, body, priority, status };
      return { ...state, requirements: new Map([...state.requirements, [requirementId, requirement]]) };
    }
    case 'RequirementRemoved': {
      const others = [...state.requirements].filter(([id]) => id !== event.data.requirementId);
      return { ...state, requirements: new Map(others) };
    }
    case 'ProjectPaused':
      return { ...state, paused: true };
    case 'ProjectResumed':
      return { ...state, paused: false };
    default:
      return event satisfies never;
  }
}
