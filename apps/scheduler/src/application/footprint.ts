import type { WorkItemStateChanged } from '@codex/contracts';
import type { SchedulingInput } from './scheduling-messages';
import type { Outcome } from './scheduling-rows';
import type { Footprint } from './working-set';

const outcomes: ReadonlySet<string> = new Set<Outcome>(['completed', 'failed', 'cancelled', 'deleted']);

/** Most state changes before the first run mean nothing here: they answer what the scheduler said itself. */
export function isRelevant(input: SchedulingInput): boolean {
  if (input.kind === 'command' || input.fact.type !== 'WorkItemStateChanged') return true;
  const { previousState, newState } = input.fact.data;
  return newState === 'running' || outcomes.has(newState) || outcomes.has(previousState);
}

/** Everything that must be locked and read before these inputs are applied. */
export function footprintOf(inputs: readonly SchedulingInput[]): Footprint {
  const tenants = new Map<string, string>();
  const taskIds = new Set<string>();
  const resolvedIds = new Set<string>();
  for (const input of inputs) {
    const { workItemId } = input.kind === 'command' ? input.command.data : input.fact.data;
    const tenantId = input.kind === 'command' ? input.command.metadata.tenantId : input.message.tenantId;
    taskIds.add(workItemId);
    for (const id of [workItemId, ...dependenciesOf(input)]) if (!tenants.has(id)) tenants.set(id, tenantId);
    if (input.kind === 'fact' && input.fact.type === 'WorkItemStateChanged' && isEnd(input.fact)) {
      resolvedIds.add(workItemId);
    }
  }
  return {
    items: [...tenants].map(([workItemId, tenantId]) => ({ workItemId, tenantId })),
    taskIds: [...taskIds],
    resolvedIds: [...resolvedIds],
  };
}

function dependenciesOf(input: SchedulingInput): readonly string[] {
  const isSchedule = input.kind === 'command' && input.command.type === 'ScheduleWorkItem';
  return isSchedule ? input.command.data.dependencies : [];
}

function isEnd({ data }: WorkItemStateChanged): boolean {
  return outcomes.has(data.newState);
}
