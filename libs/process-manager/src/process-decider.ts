import type { CommandMetadata, Decider, DomainCommand } from '@codex/event-sourcing';
import type { ProcessEvent } from './process-events';
import { evolveProcess, initialProcess, type ProcessState } from './process-state';

/** Stages the events of a reaction. What they are was decided by `react`. */
export type RecordReaction = DomainCommand<'RecordReaction', { readonly events: readonly ProcessEvent[] }>;

/** `Process-<id>` streams; changing the category orphans every process. */
export const processDecider: Decider<RecordReaction, ProcessState, ProcessEvent> = {
  category: 'Process',
  stateVersion: 1,
  initialState: initialProcess,
  evolve: evolveProcess,
  decide: ({ data }) => data.events,
};

export function recordReaction(events: readonly ProcessEvent[], metadata: CommandMetadata): RecordReaction {
  return { type: 'RecordReaction', data: { events }, metadata };
}
