import type { ProjectEvent } from '@codex/contracts';
import { idOf } from '@codex/event-sourcing';
import { foldProjection, type ProjectedEvent } from '@codex/projections';
import { firstStamp, nextStamp, stampColumns, type Stamp } from './row-stamp';

export type RequirementRow = { id: string; title: string; body: string | null; priority: number; status: string };

export type ProjectRow = Stamp & {
  id: string;
  name: string;
  description: string | null;
  repositoryUrl: string | null;
  status: 'active' | 'archived';
  paused: boolean;
  vision: string | null;
  requirements: RequirementRow[];
  createdBy: string;
};

/** What is this project now? One row a Project stream. */
export const projectsProjection = foldProjection<ProjectRow>({
  name: 'projects',
  schema: 'project',
  version: 1,
  topics: ['project.events.v1'],
  category: 'Project',
  key: ['id'],
  columns: {
    id: 'uuid',
    name: 'text',
    description: 'text',
    repositoryUrl: 'text',
    status: 'text',
    paused: 'boolean',
    vision: 'text',
    requirements: 'jsonb',
    createdBy: 'text',
    ...stampColumns,
  },
  indexes: ['(tenant_id, created_at desc, id desc)'],
  keyOf: idOf,
  evolve(row, event) {
    const next = evolveProject(row, event);
    return next === null ? null : { ...next, ...nextStamp(event) };
  },
});

function evolveProject(row: ProjectRow | null, event: ProjectedEvent): ProjectRow | null {
  const { type, data } = event as unknown as ProjectEvent;
  if (type === 'ProjectCreated') {
    const { projectId, name, description, repositoryUrl, createdBy } = data;
    const empty = { status: 'active', paused: false, vision: null, requirements: [] } as const;
    return {
      id: projectId,
      name,
      description,
      repositoryUrl,
      createdBy,
      ...firstStamp(event),
      ...empty,
      requirements: [],
    };
  }
  if (row === null) return null;
  switch (type) {
    case 'ProjectDetailsChanged':
      return { ...row, name: data.name, description: data.description, repositoryUrl: data.repositoryUrl };
    case 'ProjectArchived':
      return { ...row, status: 'archived' };
    case 'VisionSet':
      return { ...row, vision: data.statement };
    case 'ProjectPaused':
      return { ...row, paused: true };
    case 'ProjectResumed':
      return { ...row, paused: false };
    case 'RequirementAdded':
      return { ...row, requirements: [...row.requirements, requirementRow(data)] };
    case 'RequirementChanged':
      return {
        ...row,
        requirements: row.requirements.map((r) => (r.id === data.requirementId ? requirementRow(data) : r)),
      };
    case 'RequirementRemoved':
      return { ...row, requirements: row.requirements.filter((r) => r.id !== data.requirementId) };
    default:
      return row;
  }
}

function requirementRow(data: Omit<RequirementRow, 'id'> & { requirementId: string }): RequirementRow {
  return { id: data.requirementId, title: data.title, body: data.body, priority: data.priority, status: data.status };
}
