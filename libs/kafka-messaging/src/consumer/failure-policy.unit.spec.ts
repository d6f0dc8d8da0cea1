import { Poison, Refusal, Unavailable, VersionConflict } from '@codex/event-sourcing';
import { DatabaseError } from 'pg';

import { consequenceOf, defaultFailurePolicy, kindOfFailure } from './failure-policy';

class No extends Refusal {
  readonly code = 'NO';
}

const after = (kind: Parameters<typeof consequenceOf>[0], attempt: number, random = 1) =>
  consequenceOf(kind, attempt, { policy: defaultFailurePolicy, random });

describe('the failure policy', () => {
  it('parks poison and refusals at once', () => {
    expect([after('poison', 1), after('refusal', 1)]).toEqual([{ act: 'park' }, { act: 'park' }]);
  });

  it('repeats a conflict five times at once, and waits then', () => {
    expect([1, 2, 3, 4, 5].map((attempt) => after('conflict', attempt).act)).toEqual(Array(5).fill('retry'));
    expect(after('conflict', 6)).toEqual({ act: 'wait', waitMs: 100 });
    expect(after('conflict', 7)).toEqual({ act: 'wait', waitMs: 200 });
  });

  it('waits for what is transient, doubling up to ten seconds, for ever', () => {
    const waits = [1, 2, 3, 7, 8, 1_000].map((attempt) => after('transient', attempt));
    expect(waits.map((each) => each.act === 'wait' && each.waitMs)).toEqual([100, 200, 400, 6_400, 10_000, 10_000]);
  });

  it('spreads waits over the upper half', () => {
    expect(after('transient', 3, 0)).toEqual({ act: 'wait', waitMs: 200 });
    expect(after('transient', 3, 0.5)).toEqual({ act: 'wait', waitMs: 300 });
  });
});

describe('the kind of a failure', () => {
  const database = (code: string): DatabaseError => Object.assign(new DatabaseError('x', 1, 'error'), { code });

  it.each([
    ['a coded error', new No(), 'refusal'],
    ['a conflict', new VersionConflict(['a']), 'conflict'],
    ['poison', new Poison('X', 'x'), 'poison'],
    ['what nobody classified', new TypeError('x'), 'poison'],
    ['no error at all', 'x', 'poison'],
    ['a database that shuts down', database('57P01'), 'transient'],
    ['a lost connection', Object.assign(new Error('read'), { syscall: 'read' }), 'transient'],
    ['a deadlock', database('40P01'), 'conflict'],
    ['a deadlock that a store wrapped', new Unavailable('postgres', { cause: database('40P01') }), 'conflict'],
    ['a violated constraint', database('23505'), 'poison'],
  ])('%s', (_what, error, kind) => {
    expect(kindOfFailure(error)).toBe(kind);
  });
});
