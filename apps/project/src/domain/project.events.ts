import type { ProjectEvent as AnyProjectEvent } from '@codex/contracts';

/** Events of a `ProjectQuota` stream. */
export type ProjectQuotaEvent = Extract<
  AnyProjectEvent,
  { type: 'ProjectQuotaSet' | 'QuotaAssigned' | 'QuotaReleased' }
>;

/** Events of a `Project` stream. */
export type ProjectEvent = Exclude<AnyProjectEvent, ProjectQuotaEvent>;
