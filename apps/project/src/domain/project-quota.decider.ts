import type { Decider } from '@codex/event-sourcing';
import type { AssignQuota, ProjectQuotaCommand, ReleaseQuota, SetProjectQuota } from './project-quota.commands';
import { QuotaExceeded } from './project-quota.errors';
import { evolve, initialState, type ProjectQuotaState } from './project-quota.state';
import type { ProjectQuotaEvent } from './project.events';

/** Counts open work items. Whether the project takes commands at all is asked of the project. */
export const projectQuotaDecider: Decider<ProjectQuotaCommand, ProjectQuotaState, ProjectQuotaEvent> = {
  category: 'ProjectQuota',
  stateVersion: 1,
  initialState,
  evolve,
  decide,
};

export function decide(command: ProjectQuotaCommand, state: ProjectQuotaState): readonly ProjectQuotaEvent[] {
  switch (command.type) {
    case 'SetProjectQuota':
      return setProjectQuota(command, state);
    case 'AssignQuota':
      return assignQuota(command, state);
    case 'ReleaseQuota':
      return releaseQuota(command, state);
  }
}

function setProjectQuota({ data }: SetProjectQuota, { limits }: ProjectQuotaState): readonly ProjectQuotaEvent[] {
  const same =
    limits.maxOpenWorkItems === data.maxOpenWorkItems &&
    limits.maxConcurrentRuns === data.maxConcurrentRuns &&
    limits.maxRunMinutesPerDay === data.maxRunMinutesPerDay;
  return same ? [] : [{ type: 'ProjectQuotaSet', data }];
}

function assignQuota({ data }: AssignQuota, { limits, grants }: ProjectQuotaState): readonly ProjectQuotaEvent[] {
  const { projectId, workItemId, grantId } = data;
  if (grants.has(grantId)) return [];
  if (limits.maxOpenWorkItems !== null && grants.size >= limits.maxOpenWorkItems) {
    throw new QuotaExceeded(projectId, limits.maxOpenWorkItems);
  }
  return [{ type: 'QuotaAssigned', data: { projectId, workItemId, grantId } }];
}

function releaseQuota({ data }: ReleaseQuota, { grants }: ProjectQuotaState): readonly ProjectQuotaEvent[] {
  const { projectId, workItemId, grantId } = data;
  return grants.has(grantId) ? [{ type: 'QuotaReleased', data: { projectId, workItemId, grantId } }] : [];
}
