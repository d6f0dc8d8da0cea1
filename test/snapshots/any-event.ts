import { codec, messageTypes } from '@codex/contracts';
import type { DomainEvent } from '@codex/event-sourcing';
import fc from 'fast-check';

type Schema = string | readonly Schema[] | Complex;

interface Complex {
  readonly type: Schema;
  readonly name?: string;
  readonly logicalType?: string;
  readonly fields?: readonly { readonly name: string; readonly type: Schema }[];
  readonly items?: Schema;
  readonly values?: Schema;
  readonly symbols?: readonly string[];
}

/** Any events of a category of streams, in any order, as they come out of the store: with data of every shape their schemas allow. */
export function anyEvents(category: string): fc.Arbitrary<readonly DomainEvent[]> {
  const types = messageTypes.filter(({ kind, stream }) => kind === 'event' && stream === category);
  if (types.length === 0) throw new Error(`no event belongs to ${category}`);
  const events = types.map(({ name, avro }) =>
    anyValue(JSON.parse(avro) as Schema, new Map()).map((data) => throughCodec(name, data)),
  );
  return fc.array(fc.oneof(...events), { maxLength: 24 });
}

function throughCodec(type: string, data: unknown): DomainEvent {
  const { schemaId, data: bytes } = codec.encode(type, data);
  return codec.decode(schemaId, bytes) as DomainEvent;
}

function anyValue(schema: Schema, named: Map<string, Complex>): fc.Arbitrary<unknown> {
  if (typeof schema === 'string') return anyPrimitive(schema, named);
  if (isUnion(schema)) return fc.oneof(...schema.map((part) => anyValue(part, named)));
  if (schema.name !== undefined) named.set(schema.name, schema);
  if (schema.logicalType === 'json') return fc.jsonValue({ maxDepth: 2 });
  if (schema.logicalType === 'timestamp-millis')
    return fc.nat({ max: 2 ** 40 }).map((ms) => new Date(ms).toISOString());
  switch (schema.type) {
    case 'record':
      return fc.record(Object.fromEntries(schema.fields!.map(({ name, type }) => [name, anyValue(type, named)])));
    case 'array':
      return fc.array(anyValue(schema.items!, named), { maxLength: 3 });
    case 'map':
      return fc.dictionary(fc.string({ maxLength: 8 }), anyValue(schema.values!, named), { maxKeys: 3 });
    case 'enum':
      return fc.constantFrom(...schema.symbols!);
    default:
      return anyValue(schema.type, named);
  }
}

function isUnion(schema: readonly Schema[] | Complex): schema is readonly Schema[] {
  return Array.isArray(schema);
}

function anyPrimitive(name: string, named: Map<string, Complex>): fc.Arbitrary<unknown> {
  switch (name) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'int':
    case 'long':
      return fc.nat();
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'string':
      // Few different ones, so that events are about the same things.
      return fc.oneof(fc.constantFrom('a', 'b', 'c', '$set'), fc.string({ maxLength: 12 }));
    default:
      return anyValue(named.get(name)!, named);
  }
}
