import type { DomainCommand, DomainEvent } from './message';

/**
 * The rules of one kind of stream as pure functions: no clock, no random, no environment, nothing async.
 * `evolve` never throws. `decide` returns the new facts, an empty list when there is nothing to do, or throws a
 * {@link Refusal}. Its result must depend on its arguments alone: it is called again after a version conflict.
 */
export interface Decider<Command extends DomainCommand, State, Event extends DomainEvent> {
  /** The category of its streams; changing it orphans every stream written so far. */
  readonly category: string;
  /**
   * Version of what `evolve` makes of events: raise it with every change of the state's shape or meaning, and snapshots
   * of the older fold are not used any more. Streams of a decider without one are not snapshotted.
   */
  readonly stateVersion?: number;
  initialState(): State;
  evolve(state: State, event: Event): State;
  decide(command: Command, state: State): readonly Event[];
}

/** Folds events onto a state, oldest first. */
export function fold<State, Event extends DomainEvent>(
  decider: Pick<Decider<never, State, Event>, 'evolve'>,
  state: State,
  events: readonly Event[],
): State {
  return events.reduce((current, event) => decider.evolve(current, event), state);
}
