import type { ProjectEvent } from '@codex/contracts';
import { idOf } from '@codex/event-sourcing';
import { foldProjection } from '@codex/projections';
import { firstStamp, nextStamp, stampColumns, type Stamp } from './row-stamp';

export type ProjectQuotaRow = Stamp & {
  projectId: string;
  limited: boolean;
  maxOpenWorkItems: number | null;
  maxConcurrentRuns: number | null;
  maxRunMinutesPerDay: number | null;
  openWorkItems: number;
};

/**
 * Limits and open grants of a project. `limited` is false until somebody set limits: the defaults apply then, and they
 * belong to the queries.
 */
export const projectQuotasProjection = foldProjection<ProjectQuotaRow>({
  name: 'project_quotas',
  schema: 'project',
  version: 1,
  topics: ['project.events.v1'],
  category: 'ProjectQuota',
  key: ['projectId'],
  columns: {
    projectId: 'uuid',
    limited: 'boolean',
    maxOpenWorkItems: 'integer',
    maxConcurrentRuns: 'integer',
    maxRunMinutesPerDay: 'integer',
    openWorkItems: 'integer',
    ...stampColumns,
  },
  keyOf: idOf,
  evolve(before, event) {
    const row = { ...(before ?? emptyRow(idOf(event.stream), firstStamp(event))), ...nextStamp(event) };
    const { type, data } = event as unknown as ProjectEvent;
    switch (type) {
      case 'ProjectQuotaSet': {
        const { maxOpenWorkItems, maxConcurrentRuns, maxRunMinutesPerDay } = data;
        return { ...row, limited: true, maxOpenWorkItems, maxConcurrentRuns, maxRunMinutesPerDay };
      }
      case 'QuotaAssigned':
        return { ...row, openWorkItems: row.openWorkItems + 1 };
      case 'QuotaReleased':
        return { ...row, openWorkItems: row.openWorkItems - 1 };
      default:
        return row;
    }
  },
});

function emptyRow(projectId: string, stamp: Stamp): ProjectQuotaRow {
  const limits = { maxOpenWorkItems: null, maxConcurrentRuns: null, maxRunMinutesPerDay: null };
  return { projectId, limited: false, ...limits, openWorkItems: 0, ...stamp };
}
