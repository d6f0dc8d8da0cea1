import type { MessageCodec } from '@codex/event-sourcing';
import { Poison } from '@codex/event-sourcing';
import type { Type } from 'avsc';
import { compileSchema } from './avro-types';
import type { SchemaEntry } from './schema-entry';

/** Larger bodies are written twice, so this is generous; one buffer serves all calls. */
const SCRATCH_BYTES = 64 * 1024;

interface Writer {
  readonly schemaId: number;
  readonly type: Type;
}

type Read = (body: Buffer) => unknown;

/**
 * A codec over a set of schemas. Types are compiled at first use. Encoding wants every field present (null, not
 * missing); fields that the schema does not have are left out.
 */
export function schemaCodec(entries: readonly SchemaEntry[]): MessageCodec {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const current = new Map(entries.filter((entry) => entry.current).map((entry) => [entry.name, entry]));
  const scratch = Buffer.allocUnsafe(SCRATCH_BYTES);
  const writers = lazily((type: string) => writerOf(current, type));
  const readers = lazily((id: number) => readerOf(byId, current, id));
  return {
    encode: (type, data) => {
      const writer = writers(type);
      return { schemaId: writer.schemaId, data: write(type, writer.type, data, scratch) };
    },
    decode: (schemaId, body) => {
      const { type, read } = readers(schemaId);
      return { type, data: readAll(type, schemaId, read, body) };
    },
  };
}

function write(name: string, type: Type, data: unknown, scratch: Buffer): Buffer {
  try {
    const end = type.encode(data, scratch, 0);
    return end < 0 ? type.toBuffer(data) : Buffer.from(scratch.subarray(0, end));
  } catch (cause) {
    throw new Poison('UNENCODABLE', `${name} can't be encoded: ${firstFault(type, data)}`, { cause });
  }
}

/** Where the value leaves the schema, without the value: it may be private. */
function firstFault(type: Type, data: unknown): string {
  let fault: string | undefined;
  const errorHook = (path: string[], value: unknown, expected: Type) => {
    fault ??= `${path.join('.') || 'the message'} is ${describe(value)}, expected ${expected.typeName}`;
  };
  try {
    type.isValid(data, { errorHook });
  } catch {
    // The value does not even hold still to be looked at (a getter that throws, a cycle); the cause says so.
  }
  return fault ?? 'see the cause';
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function readAll(type: string, schemaId: number, read: Read, body: Buffer): unknown {
  try {
    return read(body);
  } catch (cause) {
    throw new Poison('UNDECODABLE', `a body of ${body.length} bytes is no ${type} of schema ${schemaId}`, { cause });
  }
}

function writerOf(current: ReadonlyMap<string, SchemaEntry>, name: string): Writer {
  const entry = current.get(name);
  if (entry === undefined) throw new Poison('UNKNOWN_TYPE', `there is no message type ${name}`);
  return { schemaId: entry.id, type: compileSchema(withoutDefaults(JSON.parse(entry.avro))) };
}

function readerOf(byId: ReadonlyMap<number, SchemaEntry>, current: ReadonlyMap<string, SchemaEntry>, id: number) {
  const entry = byId.get(id);
  if (entry === undefined) throw new Poison('UNKNOWN_SCHEMA', `there is no schema with id ${id}`);
  const newest = current.get(entry.name) ?? entry;
  const reader = compileSchema(JSON.parse(newest.avro));
  if (newest.id === id) return { type: entry.name, read: (body: Buffer) => reader.fromBuffer(body) as unknown };
  const resolver = reader.createResolver(compileSchema(JSON.parse(entry.avro)));
  return { type: entry.name, read: (body: Buffer) => reader.fromBuffer(body, resolver) as unknown };
}

/** A writer that fills in defaults would hide a forgotten field and make what was decided differ from what is read. */
function withoutDefaults(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDefaults);
  if (schema === null || typeof schema !== 'object') return schema;
  const kept = Object.entries(schema).filter(([attribute]) => attribute !== 'default');
  return Object.fromEntries(kept.map(([attribute, value]) => [attribute, withoutDefaults(value)]));
}

function lazily<Key, Value>(create: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) known.set(key, (value = create(key)));
    return value;
  };
}
