import type { LiveEvent } from './live-event';

/** Which events a client wants. What is undefined is not asked for. */
export interface LiveFilter {
  readonly tenantId: string;
  readonly types?: ReadonlySet<string> | undefined;
  readonly projectId?: string | undefined;
  readonly workItemId?: string | undefined;
  readonly runId?: string | undefined;
}

/** True when the event is the tenant's and about what the filter names. Looks into the body only when it has to. */
export function wants({ tenantId, types, projectId, workItemId, runId }: LiveFilter, event: LiveEvent): boolean {
  if (event.tenantId !== tenantId) return false;
  if (types !== undefined && !types.has(event.type)) return false;
  if (projectId !== undefined && event.field('projectId') !== projectId) return false;
  if (workItemId !== undefined && event.field('workItemId') !== workItemId) return false;
  return runId === undefined || event.field('runId') === runId;
}
