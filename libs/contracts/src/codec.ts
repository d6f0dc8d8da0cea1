import type { MessageCodec } from '@codex/event-sourcing';
import { schemaCodec } from './schema-codec';
import { schemaEntries } from './schemas.gen';

/**
 * Avro bodies of every message in the catalogue. Encodes with the newest schema of the type; decodes bytes of any
 * schema ever released into the newest shape. What is decoded equals what was encoded, as plain objects, times as
 * RFC 3339 with milliseconds. Synchronous and without side effects; safe to share.
 * Throws {@link Poison}: `UNKNOWN_TYPE`, `UNKNOWN_SCHEMA`, `UNENCODABLE` (with the path of the field), `UNDECODABLE`.
 */
export const codec: MessageCodec = schemaCodec(schemaEntries);
