import type { ConsumedMessage } from '@codex/kafka-messaging';
import type { Sql } from '@codex/postgres';
import { RowCache } from './row-cache';
import { RowWriter } from './row-writer';
import type { AppendProjection, FoldProjection, ProjectedEvent, Projection, Row } from './projection';

/**
 * Writes a batch of events, per stream in order and without gaps, into the rows of one generation, within the given
 * transaction. Call what it returns after the commit, and not at all when there was none.
 */
export type ProjectionHandler = (messages: readonly ConsumedMessage[], sql: Sql) => Promise<(() => void) | void>;

/** Rows kept in memory for each generation. */
const CACHED_ROWS = 2_000;

/** The handler of one generation of a projection. A fold costs at most one read and one write a batch, an append one write. */
export function projectionHandler(
  projection: Projection,
  generation: number,
  { cachedRows = CACHED_ROWS }: { readonly cachedRows?: number } = {},
): ProjectionHandler {
  const writer = new RowWriter(projection, generation);
  if (projection.kind === 'append') return appendHandler(projection, writer);
  return foldHandler(projection, writer, new RowCache(cachedRows));
}

/** The events of one stream in a batch. */
interface StreamEvents {
  readonly key: string;
  readonly events: ProjectedEvent[];
}

function foldHandler(projection: FoldProjection, writer: RowWriter, cache: RowCache): ProjectionHandler {
  return async (messages, sql) => {
    const streams = byStream(projection, messages as readonly ProjectedEvent[]);
    const before = await rowsBefore(streams, { cache, writer, sql });
    const after = new Map<string, Row | null>();
    const written: Row[] = [];
    const removed: string[] = [];
    for (const [stream, { key, events }] of streams) {
      const first = before.get(stream) ?? null;
      const last = events.reduce((row, event) => projection.evolve(row, event), first);
      after.set(stream, last);
      if (last === first) continue;
      if (last === null) removed.push(key);
      else written.push(last);
    }
    await writer.write(sql, written);
    await writer.remove(sql, removed);
    return () => {
      for (const [stream, { events }] of streams) cache.remember(stream, events.at(-1)!.version, after.get(stream)!);
    };
  };
}

function byStream(projection: FoldProjection, events: readonly ProjectedEvent[]): ReadonlyMap<string, StreamEvents> {
  const streams = new Map<string, StreamEvents>();
  for (const event of events) {
    const known = streams.get(event.stream);
    if (known) known.events.push(event);
    else streams.set(event.stream, { key: projection.keyOf(event.stream), events: [event] });
  }
  return streams;
}

async function rowsBefore(
  streams: ReadonlyMap<string, StreamEvents>,
  { cache, writer, sql }: { readonly cache: RowCache; readonly writer: RowWriter; readonly sql: Sql },
): Promise<ReadonlyMap<string, Row | null>> {
  const rows = new Map<string, Row | null>();
  const unknown: string[] = [];
  for (const [stream, { events }] of streams) {
    const row = cache.before(events[0]!);
    if (row === undefined) unknown.push(stream);
    else rows.set(stream, row);
  }
  if (unknown.length === 0) return rows;
  const read = await writer.read(
    sql,
    unknown.map((stream) => streams.get(stream)!.key),
  );
  for (const stream of unknown) rows.set(stream, read.get(streams.get(stream)!.key) ?? null);
  return rows;
}

function appendHandler(projection: AppendProjection, writer: RowWriter): ProjectionHandler {
  return async (messages, sql) => {
    await writer.append(
      sql,
      (messages as readonly ProjectedEvent[]).flatMap((event) => projection.rowsOf(event)),
    );
  };
}
