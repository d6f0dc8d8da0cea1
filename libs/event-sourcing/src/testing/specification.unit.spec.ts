import { AssertionError } from 'node:assert';

import type { Decider } from '../decider';
import { NotFound, Refusal } from '../errors';
import type { DomainCommand, DomainEvent } from '../message';
import { aCommand } from './messages';
import { specify } from './specification';

class TooMuch extends Refusal {
  readonly code: string = 'TOO_MUCH';

  constructor(readonly limit: number) {
    super('too much');
  }
}

class FarTooMuch extends TooMuch {}

type Event = DomainEvent<'Added', { readonly amount: number; readonly note?: string | undefined }>;
type Command = DomainCommand<'Add', { readonly amount: number }>;
type State = { readonly total: number; readonly seen: Set<number> };

const LIMIT = 10;

const counter: Decider<Command, State, Event> = {
  category: 'Counter',
  initialState: () => ({ total: 0, seen: new Set() }),
  evolve: ({ total, seen }, { data }) => ({ total: total + data.amount, seen: new Set([...seen, data.amount]) }),
  decide: ({ data: { amount } }, { total }) => {
    if (amount === 0) return [];
    if (total + amount > LIMIT) throw new TooMuch(LIMIT);
    return [{ type: 'Added', data: { amount } }];
  },
};

const added = (amount: number): Event => ({ type: 'Added', data: { amount } });
const add = (amount: number): Command => aCommand('Add', { amount });
const { given } = specify(counter);

describe('a specification', () => {
  it('passes when exactly these events follow', () => {
    given([added(1), added(2)])
      .when(add(3))
      .then([added(3)]);
    given([]).when(add(0)).thenNothing();
    given([added(9)])
      .when(add(2))
      .thenRefused(TooMuch);
    given([added(9)])
      .when(add(2))
      .thenRefused(TooMuch, { limit: LIMIT });
  });

  it('ignores metadata, and nothing else', () => {
    const event = { ...added(3), metadata: { messageId: 'm' } } as Event;
    given([]).when(add(3)).then([event]);
  });

  it.each([
    [
      'another value',
      () =>
        given([])
          .when(add(1))
          .then([added(2)]),
    ],
    [
      'one event too few',
      () =>
        given([])
          .when(add(1))
          .then([added(1), added(1)]),
    ],
    ['one event too many', () => given([]).when(add(1)).then([])],
    [
      'a field more',
      () =>
        given([])
          .when(add(1))
          .then([{ type: 'Added', data: { amount: 1, note: undefined } }]),
    ],
    ['events instead of nothing', () => given([]).when(add(1)).thenNothing()],
    ['events instead of a refusal', () => given([]).when(add(1)).thenRefused(TooMuch)],
    [
      'other values in the refusal',
      () =>
        given([added(9)])
          .when(add(2))
          .thenRefused(TooMuch, { limit: 3 }),
    ],
  ])('fails for %s', (_name, sentence) => {
    expect(sentence).toThrow(AssertionError);
  });

  it('fails for another refusal, also for a relative, by throwing the one there was', () => {
    const sentence = given([added(9)]).when(add(2));
    expect(() => sentence.thenRefused(NotFound)).toThrow(TooMuch);
    expect(() => sentence.thenRefused(FarTooMuch)).toThrow(TooMuch);
    expect(() => sentence.then([])).toThrow(TooMuch);
  });

  it('fails when evolve changes the state, an event, or a set inside of the state', () => {
    const evolves: Decider<Command, State, Event>['evolve'][] = [
      (state, { data }) => Object.assign(state, { total: data.amount }),
      (state, { data }) => (Object.assign(data, { amount: 7 }), state),
      (state, { data }) => (state.seen.add(data.amount), state),
    ];
    for (const evolve of evolves) {
      const sentence = specify({ ...counter, evolve })
        .given([added(1)])
        .when(add(2));
      expect(() => sentence.then([added(2)])).toThrow(TypeError);
    }
  });

  it('fails when a decision differs when it is taken again', () => {
    let calls = 0;
    const moody = { ...counter, decide: () => [added(++calls)] };
    expect(() =>
      specify(moody)
        .given([])
        .when(add(1))
        .then([added(1)]),
    ).toThrow('decided twice');
  });

  it('fails when evolve does not know what was decided', () => {
    const evolve = (): State => {
      throw new Error('unknown event');
    };
    expect(() =>
      specify({ ...counter, evolve })
        .given([])
        .when(add(1))
        .then([added(1)]),
    ).toThrow('unknown event');
  });
});
