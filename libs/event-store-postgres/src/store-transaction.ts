import {
  VersionConflict,
  type AppendRequest,
  type CommandKey,
  type EventStore,
  type FoldRange,
  type IdempotencyRecord,
  type RecordedEvent,
  type StreamId,
  type StreamPart,
  type StreamRange,
} from '@codex/event-sourcing';
import type { Sql } from '@codex/postgres';
import type { PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';

import { isLostRace } from './append-race';
import { appendWithProjections } from './batch-writer';
import { encodeAppend, type EncodedAppend } from './encoded-append';
import { byStream, findRecords, readRanges, type EventDecoder } from './event-reader';
import { loadParts, partsByStream } from './fold-reader';
import type { InlineProjection } from './inline-projection';

/**
 * A database transaction that reads and appends. Its reads see what it appended. The earlier it writes anything, the
 * earlier its transaction id, and the likelier another writer's append to the same stream makes its own a conflict: read,
 * decide and append first, write other rows afterwards.
 */
export interface StoreTransaction extends Sql, Pick<EventStore, 'read' | 'readMany' | 'load' | 'findCommands'> {
  /**
   * Stores all requests, in their order, with the commit. Throws {@link VersionConflict} when another writer was first on
   * one of the streams or an idempotency key is known by now: the whole transaction rolls back then, also when the error
   * is caught. Throws `PayloadTooLarge` before anything is sent.
   */
  append(requests: readonly AppendRequest[]): Promise<void>;
}

/** The transaction on one client. */
export class PostgresStoreTransaction implements StoreTransaction {
  /** True once events or messages were appended. */
  hasAppended = false;
  /** Why this transaction must not commit. */
  doom: VersionConflict | null = null;

  constructor(
    private readonly client: PoolClient,
    private readonly decoder: EventDecoder,
    private readonly projections: readonly InlineProjection[],
  ) {}

  query<Row extends QueryResultRow>(
    query: string | QueryConfig<unknown[]>,
    values?: unknown[],
  ): Promise<QueryResult<Row>> {
    return this.client.query<Row>(query, values);
  }

  async append(requests: readonly AppendRequest[]): Promise<void> {
    const appends = requests.map((request) => encodeAppend(this.decoder.codec, request));
    for (const batch of withoutSharedClaims(appends)) await this.appendBatch(batch);
  }

  async read(stream: StreamId, afterVersion = 0): Promise<readonly RecordedEvent[]> {
    const [events] = await readRanges(this.client, this.decoder, [{ stream, afterVersion }]);
    return events!;
  }

  async readMany(ranges: readonly StreamRange[]): Promise<ReadonlyMap<StreamId, readonly RecordedEvent[]>> {
    if (ranges.length === 0) return new Map();
    return byStream(ranges, await readRanges(this.client, this.decoder, ranges));
  }

  async load(ranges: readonly FoldRange[]): Promise<ReadonlyMap<StreamId, StreamPart>> {
    if (ranges.length === 0) return new Map();
    return partsByStream(ranges, await loadParts(this.client, this.decoder, ranges));
  }

  async findCommands(keys: readonly CommandKey[]): Promise<readonly IdempotencyRecord[]> {
    if (keys.length === 0) return [];
    return (await findRecords(this.client, keys)).filter((record) => record !== undefined);
  }

  private async appendBatch(batch: readonly EncodedAppend[]): Promise<void> {
    try {
      const verdicts = await appendWithProjections(this.client, batch, this.projections);
      const failed = batch.filter((_, index) => verdicts[index]!.status !== 'appended');
      if (failed.length > 0) throw conflictOf(failed);
      this.hasAppended = true;
    } catch (error) {
      const reason = isLostRace(error) ? conflictOf(batch) : error;
      if (reason instanceof VersionConflict) this.doom = reason;
      throw reason;
    }
  }
}

/** Cuts the list, in order, so that no part names a stream or a key twice: the statement checks all before it stores any. */
function withoutSharedClaims(appends: readonly EncodedAppend[]): readonly EncodedAppend[][] {
  const parts: EncodedAppend[][] = [];
  let claimed = new Set<string>();
  for (const append of appends) {
    if (append.rows.length === 0 && append.claims.length === 0) continue;
    if (parts.length === 0 || append.claims.some((claim) => claimed.has(claim))) {
      parts.push([]);
      claimed = new Set();
    }
    parts.at(-1)!.push(append);
    for (const claim of append.claims) claimed.add(claim);
  }
  return parts;
}

function conflictOf(appends: readonly EncodedAppend[]): VersionConflict {
  return new VersionConflict(appends.flatMap(({ request }) => request.streams.map(({ stream }) => stream)));
}
