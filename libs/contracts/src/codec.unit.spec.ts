import { Poison } from '@codex/event-sourcing';
import fc from 'fast-check';
import { messageTypes } from './catalogue';
import { codec } from './codec';
import { schemaEntries } from './schemas.gen';

type Schema = string | readonly Schema[] | Definition;

/** Loosely, the attributes of every kind of definition. */
interface Definition {
  readonly type: Schema;
  readonly logicalType?: string;
  readonly name: string;
  readonly symbols: readonly string[];
  readonly items: Schema;
  readonly values: Schema;
  readonly fields: readonly { readonly name: string; readonly type: Schema }[];
}

/** Values of a schema as the codec takes them; `named` collects the types defined so far. */
function valuesOf(schema: Schema, named = new Map<string, fc.Arbitrary<unknown>>()): fc.Arbitrary<unknown> {
  if (Array.isArray(schema)) return fc.oneof(...(schema as Schema[]).map((branch) => valuesOf(branch, named)));
  if (typeof schema === 'string') return PRIMITIVES[schema] ?? named.get(schema)!;
  const { type, name, logicalType, symbols, items, values, fields } = schema as Definition;
  if (logicalType === 'timestamp-millis')
    return fc.date({ noInvalidDate: true, ...YEARS }).map((at) => at.toISOString());
  if (logicalType === 'json') return fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  if (type === 'enum') return remember(named, name, fc.constantFrom(...symbols));
  if (type === 'array') return fc.array(valuesOf(items, named), { maxLength: 5 });
  if (type === 'map') return fc.dictionary(fc.string(), valuesOf(values, named), { noNullPrototype: true, maxKeys: 5 });
  if (type !== 'record') return valuesOf(type, named);
  const members = fields.map((field) => [field.name, valuesOf(field.type, named)]);
  return remember(named, name, fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>, PLAIN));
}

const PLAIN = { noNullPrototype: true };
const YEARS = { min: new Date('0000-01-01T00:00:00.000Z'), max: new Date('9999-12-31T23:59:59.999Z') };
const PRIMITIVES: Record<string, fc.Arbitrary<unknown>> = {
  null: fc.constant(null),
  boolean: fc.boolean(),
  int: fc.integer(),
  long: fc.maxSafeInteger().map((value) => Math.trunc(value / 2) + 0),
  double: fc.double({ noNaN: true }),
  string: fc.string({ unit: 'grapheme' }),
};

function remember(named: Map<string, fc.Arbitrary<unknown>>, name: string, values: fc.Arbitrary<unknown>) {
  named.set(name, values);
  return values;
}

describe.each(messageTypes.map((entry) => [entry.name, entry] as const))('%s', (type, entry) => {
  const values = valuesOf(JSON.parse(entry.avro) as Schema);

  it('comes back as it went in', () => {
    fc.assert(
      fc.property(values, (data) => {
        const encoded = codec.encode(type, data);
        expect(encoded.schemaId).toBe(entry.id);
        expect(codec.decode(encoded.schemaId, encoded.data)).toStrictEqual({ type, data });
      }),
      { numRuns: 30 },
    );
  });

  it('ends in poison, not in a hang or a crash, when bytes were changed, lost or added', () => {
    const damage = fc.record({ data: values, at: fc.nat(), byte: fc.nat(255), kind: fc.nat(2) });
    fc.assert(
      fc.property(damage, ({ data, at, byte, kind }) => {
        const { data: body } = codec.encode(type, data);
        const position = at % (body.length + 1);
        const tail = body.subarray(position + (kind === 0 ? 1 : 0));
        const damaged =
          kind === 2 ? body.subarray(0, position) : Buffer.concat([body.subarray(0, position), Buffer.of(byte), tail]);
        expectValueOrPoison(() => codec.decode(entry.id, damaged));
      }),
      { numRuns: 50 },
    );
  });
});

function expectValueOrPoison(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    expect(error).toBeInstanceOf(Poison);
    expect((error as Poison).code).toBe('UNDECODABLE');
  }
}

describe('codec', () => {
  const created = { projectId: 'p', name: 'n', description: null, repositoryUrl: null, createdBy: 'a' };

  it('refuses random bytes under any schema with poison', () => {
    fc.assert(
      fc.property(fc.constantFrom(...schemaEntries), fc.uint8Array({ maxLength: 200 }), ({ id }, bytes) =>
        expectValueOrPoison(() => codec.decode(id, Buffer.from(bytes))),
      ),
      { numRuns: 2000 },
    );
  });

  it('encodes bodies of any size', () => {
    const data = { ...created, name: 'ü'.repeat(200_000) };
    const encoded = codec.encode('ProjectCreated', data);
    expect(encoded.data.length).toBeGreaterThan(400_000);
    expect(codec.decode(encoded.schemaId, encoded.data).data).toStrictEqual(data);
  });

  it('gives each body its own memory', () => {
    const first = codec.encode('ProjectCreated', created);
    codec.encode('ProjectCreated', { ...created, name: 'other', createdBy: 'b' });
    expect(codec.decode(first.schemaId, first.data).data).toStrictEqual(created);
  });

  it.each([
    ['a missing field', { ...created, description: undefined }, /description is missing/],
    ['a value of another type', { ...created, name: 5 }, /name is a number, expected string/],
    ['no record at all', null, /the message is null/],
  ])('refuses %s with the path of the field', (_, data, message) => {
    expect(() => codec.encode('ProjectCreated', data)).toThrow(Poison);
    expect(() => codec.encode('ProjectCreated', data)).toThrow(message);
  });

  it('keeps the refused value to itself', () => {
    expect(() => codec.encode('ProjectCreated', { ...created, name: ['secret'] })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') as string }) as Error,
    );
  });

  it('knows no other type and no other schema id', () => {
    expect(() => codec.encode('Nonsense', {})).toThrow(expect.objectContaining({ code: 'UNKNOWN_TYPE' }) as Error);
    expect(() => codec.decode(1_000_000, Buffer.of())).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_SCHEMA' }) as Error,
    );
  });
});
