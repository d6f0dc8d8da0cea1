import { deepFreeze } from './testing';
import fc from 'fast-check';
import { PersistentSet, type SetTree } from './persistent-set';

type Step = readonly ['add' | 'delete', string];
const member = fc.oneof(fc.uuid(), fc.nat(300).map(String));
const steps: fc.Arbitrary<readonly Step[]> = fc.array(fc.tuple(fc.constantFrom('add', 'add', 'delete'), member), {
  maxLength: 400,
});

function play(taken: readonly Step[], start = PersistentSet.empty): PersistentSet {
  return taken.reduce((set, [step, name]) => deepFreeze(set[step](name)), start);
}

describe('a persistent set', () => {
  it('holds what a plain set would hold, after any steps', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const plain = new Set<string>();
        for (const [step, name] of taken) plain[step](name);
        const set = play(taken);
        expect(new Set(set)).toEqual(plain);
        expect(set.size).toBe(plain.size);
        for (const [, name] of taken) expect(set.has(name)).toBe(plain.has(name));
      }),
    );
  });

  it('is equal to one with the same members, whatever happened on the way', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const set = play(taken);
        expect(PersistentSet.of(set)).toEqual(set);
      }),
    );
  });

  it('comes back from its stored form', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const set = play(taken);
        const stored = JSON.stringify(set.toTree());
        expect(PersistentSet.fromTree(JSON.parse(stored) as SetTree)).toEqual(set);
      }),
    );
    expect(() => PersistentSet.fromTree([['a'], ['b']])).toThrow('a branch has 32 parts');
  });

  it('sorts its members in by the hash that stored sets were sorted by', () => {
    const members = Array.from({ length: 40 }, (_, n) => `member-${n}`);
    const slots = (PersistentSet.of(members).toTree() as readonly (readonly string[])[]).map(({ length }) => length);
    expect(slots.join(' ')).toBe('2 0 0 0 1 3 1 2 2 1 0 1 3 1 2 0 1 0 1 1 1 2 1 0 1 3 0 0 1 4 2 3');
  });

  it('stays as it is when one is made of it, and is the same when nothing changes', () => {
    const members = Array.from({ length: 5_000 }, (_, n) => `member-${n}`);
    const set = PersistentSet.of(members);
    expect(set.delete('member-7').add('another').has('member-7')).toBe(false);
    expect([set.has('member-7'), set.has('another'), set.size]).toEqual([true, false, 5_000]);
    expect(set.add('member-7')).toBe(set);
    expect(set.delete('another')).toBe(set);
    expect(members.reduce((left, name) => left.delete(name), set)).toEqual(PersistentSet.empty);
  });
});
