import { knownHeader, type KnownHeader } from '../driver/header-names';
import { ByteReader } from './byte-reader';

export interface DecodedFetch {
  readonly throttleTime: 0;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly DecodedPartition[] }[];
}

interface DecodedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly lastStartOffset: string;
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
  readonly preferredReadReplica: number;
  readonly messages: readonly DecodedRecord[];
}

type HeaderValue = string | Buffer | (string | Buffer)[];

/** The version of the response that is decoded here; it is the newest one kafkajs speaks. */
export const FETCH_VERSION = 11;

const MAGIC = 2;
const COMPRESSION_MASK = 0x07;
const LOG_APPEND_TIME = 0x08;
const CONTROL = 0x20;
/** Base offset and length, in front of what the length counts. */
const BATCH_PREFIX_BYTES = 12;

/**
 * A fetch response, in one pass. kafkajs copies the headers it has so far for every further header and makes three
 * objects for each of them: with sixteen headers that is most of what consuming costs. Null for what is left to kafkajs:
 * compressed batches and formats older than 2.
 */
export function decodeFetch(raw: Buffer): DecodedFetch | null {
  const reader = new ByteReader(raw);
  try {
    const clientSideThrottleTime = reader.int32();
    const errorCode = reader.int16();
    const sessionId = reader.int32();
    const responses = list(reader, () => ({
      topicName: reader.string16(),
      partitions: list(reader, () => decodePartition(reader)),
    }));
    return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
  } catch (error) {
    if (error instanceof UnknownFormat) return null;
    throw error;
  }
}

class UnknownFormat extends Error {}

function decodePartition(reader: ByteReader): DecodedPartition {
  return {
    partition: reader.int32(),
    errorCode: reader.int16(),
    highWatermark: String(reader.int64()),
    lastStableOffset: String(reader.int64()),
    lastStartOffset: String(reader.int64()),
    abortedTransactions: list(reader, () => ({
      producerId: String(reader.int64()),
      firstOffset: String(reader.int64()),
    })),
    preferredReadReplica: reader.int32(),
    messages: decodeRecordSet(reader.slice(Math.max(reader.int32(), 0))),
  };
}

function decodeRecordSet(set: Buffer): DecodedRecord[] {
  const reader = new ByteReader(set);
  const records: DecodedRecord[] = [];
  while (reader.remaining > BATCH_PREFIX_BYTES) {
    const baseOffset = reader.int64();
    const length = reader.int32();
    // The broker cuts the last batch off where the asked-for bytes end; it is fetched again.
    if (reader.remaining < length) break;
    const end = reader.position + length;
    decodeBatch(reader, baseOffset, records);
    reader.position = end;
  }
  return records;
}

function decodeBatch(reader: ByteReader, baseOffset: number, into: DecodedRecord[]): void {
  reader.position += 4;
  if (reader.int8() !== MAGIC) throw new UnknownFormat();
  reader.position += 4;
  const attributes = reader.int16();
  if ((attributes & COMPRESSION_MASK) !== 0) throw new UnknownFormat();
  reader.position += 4;
  const firstTimestamp = reader.int64();
  const maxTimestamp = reader.int64();
  reader.position += 14;
  const isControlRecord = (attributes & CONTROL) !== 0;
  const appended = (attributes & LOG_APPEND_TIME) !== 0 ? maxTimestamp : null;
  for (let left = reader.int32(); left > 0; left--) {
    const end = reader.varint() + reader.position;
    reader.int8();
    const sinceFirst = reader.varint();
    const offset = baseOffset + reader.varint();
    const keyAt = reader.position;
    reader.skip(Math.max(reader.varint(), 0));
    const valueAt = reader.position;
    reader.skip(Math.max(reader.varint(), 0));
    const time = appended ?? firstTimestamp + sinceFirst;
    into.push(
      new DecodedRecord(reader.bytes, { offset, time, isControlRecord, keyAt, valueAt, headersAt: reader.position }),
    );
    reader.position = end;
  }
}

interface RecordPlaces {
  readonly offset: number;
  readonly time: number;
  readonly isControlRecord: boolean;
  readonly keyAt: number;
  readonly valueAt: number;
  readonly headersAt: number;
}

/**
 * A record as kafkajs's consumer expects it; headers that are plain ASCII are strings. It knows where its parts are and
 * makes them when somebody asks: most records of a topic concern few of its consumers, and a fetch of many megabytes is
 * many records that wait.
 */
export class DecodedRecord {
  /** `offset` and `timestamp` as numbers. */
  readonly place: number;
  readonly time: number;
  readonly isControlRecord: boolean;
  readonly #bytes: Buffer;
  readonly #keyAt: number;
  readonly #valueAt: number;
  readonly #headersAt: number;
  #headers: Record<string, HeaderValue> | null = null;

  constructor(bytes: Buffer, { offset, time, isControlRecord, keyAt, valueAt, headersAt }: RecordPlaces) {
    this.place = offset;
    this.time = time;
    this.isControlRecord = isControlRecord;
    this.#bytes = bytes;
    this.#keyAt = keyAt;
    this.#valueAt = valueAt;
    this.#headersAt = headersAt;
  }

  get offset(): string {
    return String(this.place);
  }

  get timestamp(): string {
    return String(this.time);
  }

  get key(): Buffer | null {
    return new ByteReader(this.#bytes, this.#keyAt).varintBytes();
  }

  get value(): Buffer | null {
    return new ByteReader(this.#bytes, this.#valueAt).varintBytes();
  }

  get headers(): Record<string, HeaderValue> {
    return (this.#headers ??= headersOrNone(new ByteReader(this.#bytes, this.#headersAt)));
  }
}

// A record whose headers can't be read is one without headers, which is for its consumers to judge.
function headersOrNone(reader: ByteReader): Record<string, HeaderValue> {
  try {
    return decodeHeaders(reader);
  } catch {
    return {};
  }
}

/** What the n-th header of the record before was: mostly it is the same again, often with the same text. */
const usualOrder: KnownHeader[] = [];
const LONGEST_ORDER = 64;

function decodeHeaders(reader: ByteReader): Record<string, HeaderValue> {
  const headers: Record<string, HeaderValue> = {};
  const count = reader.varint();
  for (let place = 0; place < count; place++) {
    const header = headerAt(reader, usualOrder[place]);
    if (place < LONGEST_ORDER) usualOrder[place] = header;
    const value = reader.varintTextOrBytes(header.lastText);
    if (typeof value === 'string') header.lastText = value;
    const { name } = header;
    // Anybody may name a header `constructor` or `__proto__`.
    const before = headers[name] !== undefined && Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (before !== undefined) headers[name] = Array.isArray(before) ? [...before, value] : [before, value];
    else if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true });
    else headers[name] = value;
  }
  return headers;
}

function headerAt(reader: ByteReader, guess: KnownHeader | undefined): KnownHeader {
  const length = reader.varint();
  const start = reader.position;
  reader.skip(length);
  return knownHeader(reader.bytes, start, length, guess);
}

function list<T>(reader: ByteReader, decode: () => T): T[] {
  return Array.from({ length: Math.max(reader.int32(), 0) }, decode);
}
