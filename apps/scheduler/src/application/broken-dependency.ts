import type { TaskError } from '../domain/task.state';
import type { Outcome, OutcomeRow } from './scheduling-rows';

const codes: Readonly<Record<Exclude<Outcome, 'completed'>, string>> = {
  failed: 'DEPENDENCY_FAILED',
  cancelled: 'DEPENDENCY_CANCELLED',
  deleted: 'DEPENDENCY_DELETED',
};

/** Why an item with these dependencies can never become ready; null when it can. An item of another tenant is unknown. */
export function brokenBy(dependencies: readonly OutcomeRow[], tenantId: string): TaskError | null {
  for (const dependency of dependencies) {
    const { workItemId, outcome } = dependency;
    if (dependency.tenantId !== tenantId) {
      return { code: 'UNKNOWN_DEPENDENCY', message: `there is no work item ${workItemId} to wait for` };
    }
    if (outcome !== null && outcome !== 'completed') {
      return { code: codes[outcome], message: `work item ${workItemId}, which it depends on, is ${outcome}` };
    }
  }
  return null;
}
