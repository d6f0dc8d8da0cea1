import { Poison, type MessageCodec } from '@codex/event-sourcing';

import type { FetchedRecord, RecordHeaders, TopicPartition } from '../driver/kafka-driver';
import { Header, headerInteger, headerKind, headerText, schemaIdOfUrn } from './message-headers';
import type { MessageKind } from './message-kind';
import { splitSchemaPrefix } from './wire-format';

/** A message as a handler gets it. */
export interface ConsumedMessage<Data = unknown> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly kind: MessageKind;
  /** `ce_id` */
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  /** Null for commands and replies. */
  readonly version: number | null;
  readonly tenantId: string;
  readonly actor: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly commandId: string;
  readonly traceparent?: string;
  /** `ce_source`: the context that published it. */
  readonly source?: string;
  /** The era of the event store it comes from, when the publisher said so. */
  readonly sourceEra?: number;
  /** `ce_time`, RFC 3339, up to microseconds. */
  readonly recordedAt: string;
  /** Lock id of the schema the body was written with. */
  readonly schemaId: number;
  readonly data: Data;
  /** The Avro body without its prefix. */
  readonly raw: Buffer;
}

const MAX_HEADER_CHARACTERS = 512;

/** The name a record's entity goes by even when its headers are unreadable. */
export function entityOf(record: FetchedRecord, { topic, partition }: TopicPartition): string {
  const name = headerText(record.headers, Header.subject) || record.key?.toString();
  return name?.replaceAll('\0', '').slice(0, MAX_HEADER_CHARACTERS) || `${topic}/${partition}@${record.offset}`;
}

/** A record as a message. With a `failure` the message is null, or only its envelope is right. */
export interface ReadMessage {
  readonly message: ConsumedMessage | null;
  readonly failure: Error | null;
}

/**
 * Reads the envelope and, when `wants` says yes to the type, the body; `data` of an unwanted type is undefined. Never
 * throws: failures are {@link Poison} with `MESSAGE_HEADERS_INVALID`, `MESSAGE_BODY_INVALID`, or the codec's code.
 */
export function readMessage(record: FetchedRecord, partition: TopicPartition, reader: MessageReader): ReadMessage {
  let message: Envelope | null = null;
  try {
    message = envelope(record, partition);
    if (!reader.wants(message.type)) return { message, failure: null };
    const { schemaId, body } = bodyOf(record);
    message.data = decoded(reader.codec, message.type, schemaId, body);
    message.schemaId = schemaId;
    message.raw = body;
    return { message, failure: null };
  } catch (error) {
    return { message, failure: asPoison(error) };
  }
}

/** How bodies are read, and which. */
export interface MessageReader {
  readonly codec: MessageCodec;
  wants(type: string): boolean;
  /** Records of other categories of streams are none of the reader's business. */
  readonly categories?: readonly string[];
}

/** True when a record is known to belong to another category of streams. The key is its stream, so headers can wait. */
export function isForeign(record: FetchedRecord, categories: readonly string[] | undefined): boolean {
  if (categories === undefined) return false;
  const stream = record.key?.toString() || headerText(record.headers, Header.subject);
  return stream ? !categories.includes(stream.slice(0, stream.indexOf('-'))) : false;
}

const NO_BODY = Buffer.alloc(0);

/** A message whose body is filled in when somebody wants it. */
type Envelope = ConsumedMessage & { data: unknown; schemaId: number; raw: Buffer };

function envelope(record: FetchedRecord, { topic, partition }: TopicPartition): Envelope {
  const { headers } = record;
  const kind = headerKind(headers) ?? invalid(Header.kind);
  return {
    topic,
    partition,
    offset: String(record.offset),
    key: record.key?.toString() ?? '',
    kind,
    id: required(headers, Header.id),
    type: required(headers, Header.type),
    stream: required(headers, Header.subject),
    version: kind === 'event' ? (headerInteger(headers, Header.streamVersion) ?? invalid(Header.streamVersion)) : null,
    tenantId: required(headers, Header.tenantId),
    actor: required(headers, Header.actor),
    correlationId: required(headers, Header.correlationId),
    causationId: required(headers, Header.causationId),
    commandId: headerText(headers, Header.commandId) ?? '',
    traceparent: headerText(headers, Header.traceparent),
    source: headerText(headers, Header.source),
    sourceEra: headerInteger(headers, Header.sourceEra),
    recordedAt: required(headers, Header.time),
    schemaId: 0,
    data: undefined,
    raw: NO_BODY,
  };
}

// The prefix may hold a registry's id; the name of our own schema is in `ce_dataschema`.
function bodyOf(record: FetchedRecord): { schemaId: number; body: Buffer } {
  const split = splitSchemaPrefix(record.value);
  if (split === null) throw new Poison('MESSAGE_BODY_INVALID', 'the value is not in the wire format');
  return { schemaId: schemaIdOfUrn(headerText(record.headers, Header.dataSchema)) ?? split.schemaId, body: split.body };
}

function decoded(codec: MessageCodec, type: string, schemaId: number, body: Buffer): unknown {
  const message = codec.decode(schemaId, body);
  if (message.type !== type) {
    throw new Poison('MESSAGE_BODY_INVALID', `the header says ${type}, schema ${schemaId} is ${message.type}`);
  }
  return message.data;
}

// A zero byte or an endless name could not be stored, so it could not even be parked under that name.
function required(headers: RecordHeaders, name: string): string {
  const text = headerText(headers, name);
  if (text === undefined || text === '' || text.length > MAX_HEADER_CHARACTERS || text.includes('\0')) invalid(name);
  return text;
}

function invalid(name: string): never {
  throw new Poison('MESSAGE_HEADERS_INVALID', `the header ${name} is missing or not valid`);
}

// Whatever a codec throws on hostile bytes (a RangeError, a TypeError) says the same: this record can't be read.
function asPoison(error: unknown): Error {
  if (error instanceof Poison) return error;
  return new Poison('MESSAGE_BODY_INVALID', error instanceof Error ? error.message : String(error), { cause: error });
}
