import type { WorkItemStateChanged, WorkItemStateChangedData } from '@codex/contracts';
import type { CommandMetadata } from '@codex/event-sourcing';
import type { WorkItemFact } from './work-item.events';
import { evolve, type LivingWorkItem } from './work-item.state';

/** What a change brings besides the states; what is not named stays, or is null. */
export type ChangeDetails = Partial<
  Pick<WorkItemStateChangedData, 'reason' | 'attempt' | 'runId' | 'processId' | 'result' | 'error' | 'artifacts'>
>;

/** One change with everything that belongs to it. */
export function stateChanged(
  state: LivingWorkItem,
  newState: WorkItemStateChangedData['newState'],
  { actor, details }: { readonly actor: string; readonly details: ChangeDetails },
): WorkItemStateChanged {
  const { workItemId, projectId, status: previousState, attempt, runId } = state;
  const nothing = { reason: null, processId: null, result: null, error: null, artifacts: [] };
  return {
    type: 'WorkItemStateChanged',
    data: { workItemId, projectId, previousState, newState, changedBy: actor, attempt, runId, ...nothing, ...details },
  };
}

/** Changes in a row, each folded before the next: a later fact brings along the ones it implies. */
export class StateChanges {
  readonly events: WorkItemFact[] = [];

  constructor(
    private current: LivingWorkItem,
    private readonly metadata: CommandMetadata,
  ) {}

  /** Up to the point where an attempt can begin; an attempt that runs ends with it. */
  toScheduled(): this {
    const { status } = this.current;
    if (status === 'scheduled') return this;
    const processId = this.current.status === 'failed' ? this.current.retryProcessId : null;
    const caused = status === 'draft' || status === 'awaiting_approval' ? this.current.processId : processId;
    return this.to('scheduled', { processId: caused, ...(status === 'running' ? {} : { runId: null }) });
  }

  /** Up to the given attempt being run. */
  toRunning(attempt: number, runId: string | null): this {
    if (this.current.status === 'running' && this.current.attempt === attempt) return this;
    return this.toScheduled().to('running', { attempt, runId });
  }

  to(newState: WorkItemStateChangedData['newState'], details: ChangeDetails = {}): this {
    const event = stateChanged(this.current, newState, { actor: this.metadata.actor, details });
    this.events.push(event);
    this.current = evolve(this.current, event) as LivingWorkItem;
    return this;
  }
}
