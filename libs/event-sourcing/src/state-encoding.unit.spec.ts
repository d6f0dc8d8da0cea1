import fc from 'fast-check';
import { PersistentSet } from './persistent-set';
import { decodeState, encodeState, StateNotEncodable } from './state-encoding';

const key = fc.oneof(fc.string(), fc.constantFrom('$set', '$map', '$literal', '$persistentSet', '__proto__'));
const { state } = fc.letrec((tie) => ({
  state: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, ''),
    fc.string(),
    fc.integer(),
    fc.array(tie('state'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('state')), { maxLength: 4 }).map((fields) => Object.fromEntries(fields)),
    fc.array(fc.tuple(fc.string(), tie('state')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(fc.string(), { maxLength: 4 }).map((members) => new Set(members)),
    fc.array(fc.uuid(), { maxLength: 100 }).map((members) => PersistentSet.of(members)),
  ),
}));

describe('an encoded state', () => {
  it('decodes to an equal one, whatever its fields are called', () => {
    fc.assert(fc.property(state, (value) => expect(decodeState(encodeState(value))).toStrictEqual(value)));
  });

  it.each([undefined, { a: undefined }, new Date(0), Number.NaN, -0, 1n, () => 1, [new (class Some {})()]])(
    'is not made of what would come back as something else: %p',
    (value) => expect(() => encodeState(value)).toThrow(StateNotEncodable),
  );
});
