import { PersistentSet } from '@codex/event-sourcing';
import type { ProjectQuotaEvent } from './project.events';

/** Null lifts a limit. */
export interface QuotaLimits {
  readonly maxOpenWorkItems: number | null;
  readonly maxConcurrentRuns: number | null;
  readonly maxRunMinutesPerDay: number | null;
}

/** What holds for a project whose quota nobody has set; the read side shows the same. */
export const DEFAULT_LIMITS: QuotaLimits = {
  maxOpenWorkItems: 1_000,
  maxConcurrentRuns: 100,
  maxRunMinutesPerDay: null,
};

/** `grants` are the open ones: one for each work item that counts. */
export interface ProjectQuotaState {
  readonly limits: QuotaLimits;
  readonly grants: PersistentSet;
}

export function initialState(): ProjectQuotaState {
  return { limits: DEFAULT_LIMITS, grants: PersistentSet.empty };
}

export function evolve(state: ProjectQuotaState, event: ProjectQuotaEvent): ProjectQuotaState {
  switch (event.type) {
    case 'ProjectQuotaSet': {
      const { maxOpenWorkItems, maxConcurrentRuns, maxRunMinutesPerDay } = event.data;
      return { ...state, limits: { maxOpenWorkItems, maxConcurrentRuns, maxRunMinutesPerDay } };
    }
    case 'QuotaAssigned':
      return { ...state, grants: state.grants.add(event.data.grantId) };
    case 'QuotaReleased':
      return { ...state, grants: state.grants.delete(event.data.grantId) };
    default:
      return event satisfies never;
  }
}
