import { Poison } from '@codex/event-sourcing';
import type { SchemaEntry } from './schema-entry';

const MAGIC = 0x00;
const PREFIX_BYTES = 5;
const URN = /^urn:codex:schema:([1-9]\d{0,8}):/;

/** The value of a Kafka record: Confluent's wire format, 0x00, the id as big-endian int32, the Avro body. */
export function toWire(wireId: number, body: Buffer): Buffer {
  const value = Buffer.allocUnsafe(PREFIX_BYTES + body.length);
  value[0] = MAGIC;
  value.writeInt32BE(wireId, 1);
  body.copy(value, PREFIX_BYTES);
  return value;
}

/**
 * Takes {@link toWire} apart; `body` shares memory with `value`. Throws {@link Poison} `UNDECODABLE` for a missing or
 * short value or another first byte.
 */
export function fromWire(value: Buffer | null | undefined): { readonly wireId: number; readonly body: Buffer } {
  if (!value || value.length < PREFIX_BYTES || value[0] !== MAGIC)
    throw new Poison('UNDECODABLE', 'the value does not begin with a schema id');
  return { wireId: value.readInt32BE(1), body: value.subarray(PREFIX_BYTES) };
}

/** The `ce_dataschema` header: our own id of the schema, whatever the registry calls it. */
export function dataSchemaUrn(entry: Pick<SchemaEntry, 'id' | 'fullName'>): string {
  return `urn:codex:schema:${entry.id}:${entry.fullName}`;
}

/** The schema id inside {@link dataSchemaUrn}. Throws {@link Poison} `UNKNOWN_SCHEMA` when it is none. */
export function schemaIdOfUrn(urn: string): number {
  const id = URN.exec(urn)?.[1];
  if (id === undefined) throw new Poison('UNKNOWN_SCHEMA', `${urn.slice(0, 200)} names no schema of ours`);
  return Number(id);
}
