import {
  Poison,
  upcast,
  type CommandKey,
  type IdempotencyRecord,
  type MessageCodec,
  type MessageMetadata,
  type RecordedEvent,
  type StreamId,
  type StreamRange,
  type Upcaster,
} from '@codex/event-sourcing';
import { binaryArray, type Sql } from '@codex/postgres';

/** How stored bodies become today's events. */
export interface EventDecoder {
  readonly codec: MessageCodec;
  readonly upcasters: ReadonlyMap<string, Upcaster>;
}

/** One event as the reading functions answer it; `no` is the place of its range among those asked for. */
export interface EventRow {
  readonly no: number;
  readonly version: number;
  readonly tenant_id: string;
  readonly schema_id: number;
  readonly data: Buffer;
  readonly metadata: MessageMetadata;
  readonly recorded_at: Date;
}

interface CommandRow {
  readonly no: number;
  readonly fingerprint: string;
  readonly response: unknown;
}

/** The events of each range, in the order of the ranges, with one statement. */
export async function readRanges(
  sql: Sql,
  decoder: EventDecoder,
  ranges: readonly StreamRange[],
): Promise<readonly (readonly RecordedEvent[])[]> {
  const { rows } = await sql.query<EventRow>({
    name: 'event-store-read',
    text: 'select * from event_store.read($1::text[], $2::int[])',
    values: [
      binaryArray.text(ranges.map(({ stream }) => stream)),
      binaryArray.int(ranges.map(({ afterVersion }) => afterVersion)),
    ],
  });
  const found = ranges.map((): RecordedEvent[] => []);
  for (const row of rows) {
    const range = ranges[row.no - 1]!;
    const events = found[row.no - 1]!;
    if (row.version !== range.afterVersion + events.length + 1) throw gapIn(range.stream, row.version);
    events.push(decodeEvent(decoder, range.stream, row));
  }
  return found;
}

/** What is stored under each key, in the order of the keys, with one statement; undefined where nothing is. */
export async function findRecords(
  sql: Sql,
  keys: readonly CommandKey[],
): Promise<readonly (IdempotencyRecord | undefined)[]> {
  const { rows } = await sql.query<CommandRow>({
    name: 'event-store-find-commands',
    text: 'select * from event_store.find_commands($1::text[], $2::text[])',
    values: [binaryArray.text(keys.map(({ tenantId }) => tenantId)), binaryArray.text(keys.map(({ key }) => key))],
  });
  const found: (IdempotencyRecord | undefined)[] = keys.map(() => undefined);
  for (const { no, fingerprint, response } of rows) {
    const { tenantId, key } = keys[no - 1]!;
    found[no - 1] = { tenantId, key, fingerprint, response };
  }
  return found;
}

/** Joins what was read with the ranges it was read for. A stream that was asked for twice gets the longer part. */
export function byStream(
  ranges: readonly StreamRange[],
  found: readonly (readonly RecordedEvent[])[],
): ReadonlyMap<StreamId, readonly RecordedEvent[]> {
  const result = new Map<StreamId, readonly RecordedEvent[]>();
  ranges.forEach(({ stream }, index) => {
    const events = found[index]!;
    if (events.length >= (result.get(stream)?.length ?? 0)) result.set(stream, events);
  });
  return result;
}

export function decodeEvent(
  { codec, upcasters }: EventDecoder,
  stream: StreamId,
  row: Omit<EventRow, 'no'>,
): RecordedEvent {
  const { type, data } = upcast(upcasters, codec.decode(row.schema_id, row.data));
  return {
    type,
    data: data as RecordedEvent['data'],
    stream,
    version: row.version,
    tenantId: row.tenant_id,
    metadata: row.metadata,
    recordedAt: row.recorded_at.toISOString(),
  };
}

/** An invariant is broken: somebody changed the event table by hand. */
export function gapIn(stream: StreamId, version: number): Poison {
  return new Poison('STREAM_GAP', `${stream} has version ${version} but not the one in front of it`);
}
