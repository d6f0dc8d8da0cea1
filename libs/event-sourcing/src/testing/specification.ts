import { AssertionError, deepStrictEqual } from 'node:assert';

import type { Decider } from '../decider';
import type { Refusal } from '../errors';
import type { DomainCommand, DomainEvent } from '../message';
import { deepFreeze } from './deep-freeze';

/** What must follow. Exactly one of these ends the sentence. */
export interface Outcome<Event> {
  /** Exactly these events: same order, all fields, nothing extra. Metadata is not looked at. */
  then(events: readonly Event[]): void;
  /** A refusal of exactly this class, and, when given, with these values in its fields. */
  thenRefused<R extends Refusal>(refusal: abstract new (...args: never[]) => R, fields?: Partial<R>): void;
  /** Accepted, with no event, because there is nothing to do. */
  thenNothing(): void;
}

/** The past is set; say what is asked. */
export interface Given<Command, Event> {
  when(command: Command): Outcome<Event>;
}

/** The first word of the sentence. */
export interface Specification<Command, Event> {
  given(events: readonly Event[]): Given<Command, Event>;
}

/**
 * Sentences about a decider: `given([created]).when(archive).then([archived])`.
 *
 * Everything the decider sees is deep-frozen, so mutation fails. Each decision is taken twice and must be the same, and
 * its events must fold, so clocks, random values and an incomplete `evolve` fail too.
 */
export function specify<Command extends DomainCommand, State, Event extends DomainEvent>(
  decider: Decider<Command, State, Event>,
): Specification<Command, Event> {
  return {
    given: (events) => ({
      when: (command) => outcomeOf(() => decideStrictly(decider, events, command)),
    }),
  };
}

type Plain = Pick<DomainEvent, 'type' | 'data'>;

function decideStrictly<Command extends DomainCommand, State, Event extends DomainEvent>(
  decider: Decider<Command, State, Event>,
  past: readonly Event[],
  command: Command,
): readonly Plain[] {
  const evolve = (state: State, event: Event): State => deepFreeze(decider.evolve(state, deepFreeze(event)));
  const state = past.reduce(evolve, deepFreeze(decider.initialState()));
  const events = decider.decide(deepFreeze(command), state);
  deepStrictEqual(
    plain(decider.decide(command, state)),
    plain(events),
    'the same command on the same state, decided twice',
  );
  events.reduce(evolve, state);
  return plain(events);
}

function outcomeOf<Event extends DomainEvent>(decide: () => readonly Plain[]): Outcome<Event> {
  return {
    // The sentence reads best this way, and nobody awaits an outcome.
    // oxlint-disable-next-line unicorn/no-thenable
    then: (events) => deepStrictEqual(decide(), plain(events)),
    thenNothing: () => deepStrictEqual(decide(), []),
    thenRefused: (refusal, fields = {}) => {
      const error = thrownBy(decide, refusal.name);
      if (!(error instanceof Error) || error.constructor !== refusal) throw error;
      const actual = Object.fromEntries(Object.keys(fields).map((key) => [key, error[key as keyof Error]]));
      deepStrictEqual(actual, { ...fields });
    },
  };
}

function thrownBy(decide: () => readonly Plain[], expected: string): unknown {
  let events: readonly Plain[];
  try {
    events = decide();
  } catch (error) {
    return error;
  }
  throw new AssertionError({ message: `expected ${expected}, but it was accepted`, actual: events, expected });
}

function plain(events: readonly DomainEvent[]): readonly Plain[] {
  return events.map(({ type, data }) => ({ type, data }));
}
