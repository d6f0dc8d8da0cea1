import type {
  AppendOutcome,
  AppendRequest,
  CommandKey,
  EventStore,
  FoldRange,
  IdempotencyRecord,
  MessageCodec,
  RecordedEvent,
  StreamId,
  StreamPart,
  StreamRange,
  Upcaster,
} from '@codex/event-sourcing';
import { classifyPostgresError, withTransaction } from '@codex/postgres';
import type { Pool } from 'pg';

import { BackendRegistry } from './backend';
import { BatchWriter } from './batch-writer';
import { encodeAppend } from './encoded-append';
import { byStream, findRecords, readRanges, type EventDecoder } from './event-reader';
import { loadParts, partsByStream } from './fold-reader';
import { GroupCommit } from './group-commit';
import { settleInDoubt, SETTLE_WITHIN_MS } from './in-doubt';
import type { InlineProjection } from './inline-projection';
import { PostgresStoreTransaction, type StoreTransaction } from './store-transaction';
import { TurnLoader } from './turn-loader';

/** The parts of a store. The pool stays the caller's to end, after {@link PostgresEventStore.close}. */
export interface PostgresEventStoreOptions {
  readonly pool: Pool;
  readonly codec: MessageCodec;
  /** By event type; see `upcast`. */
  readonly upcasters?: ReadonlyMap<string, Upcaster>;
  readonly inlineProjections?: readonly InlineProjection[];
  /** How long an append that was lost with its connection is looked for, default 8 s. */
  readonly settleWithinMs?: number;
}

/**
 * The event store in Postgres, in a database that `eventStoreMigrations` prepared. Appends of the same turn of the event
 * loop share a transaction and reads of the same turn share a round trip; each caller gets its own outcome.
 *
 * An append whose connection broke during COMMIT is looked up before its caller is answered, for a while; `Unavailable`
 * means that it was not stored, or that the database stayed away and nobody can know.
 */
export class PostgresEventStore implements EventStore {
  private readonly decoder: EventDecoder;
  private readonly backends = new BackendRegistry();
  private readonly commits: GroupCommit;
  private readonly reads: TurnLoader<StreamRange, readonly RecordedEvent[]>;
  private readonly parts: TurnLoader<FoldRange, StreamPart>;
  private readonly records: TurnLoader<CommandKey, IdempotencyRecord | undefined>;
  private readonly listeners = new Set<() => void>();
  private readonly projections: readonly InlineProjection[];

  constructor(private readonly options: PostgresEventStoreOptions) {
    const { pool, codec, settleWithinMs: withinMs = SETTLE_WITHIN_MS } = options;
    this.decoder = { codec, upcasters: options.upcasters ?? new Map() };
    this.projections = options.inlineProjections ?? [];
    const writer = new BatchWriter({ pool, backends: this.backends, inlineProjections: this.projections });
    this.commits = new GroupCommit({
      write: (appends) => writer.write(appends),
      settle: (backend, appends) => settleInDoubt({ pool, withinMs }, backend, appends),
      committed: () => this.tellCommitted(),
    });
    this.reads = new TurnLoader((ranges) => readRanges(pool, this.decoder, ranges));
    this.parts = new TurnLoader((ranges) => loadParts(pool, this.decoder, ranges));
    this.records = new TurnLoader((keys) => findRecords(pool, keys));
  }

  async append(request: AppendRequest): Promise<AppendOutcome> {
    const append = encodeAppend(this.decoder.codec, request);
    if (append.rows.length === 0 && append.claims.length === 0) return { status: 'appended' };
    return this.commits.append(append);
  }

  async read(stream: StreamId, afterVersion = 0): Promise<readonly RecordedEvent[]> {
    const [events] = await classified(this.reads.load([{ stream, afterVersion }]));
    return events!;
  }

  async readMany(ranges: readonly StreamRange[]): Promise<ReadonlyMap<StreamId, readonly RecordedEvent[]>> {
    return byStream(ranges, await classified(this.reads.load(ranges)));
  }

  async load(ranges: readonly FoldRange[]): Promise<ReadonlyMap<StreamId, StreamPart>> {
    return partsByStream(ranges, await classified(this.parts.load(ranges)));
  }

  async findCommands(keys: readonly CommandKey[]): Promise<readonly IdempotencyRecord[]> {
    return (await classified(this.records.load(keys))).filter((record) => record !== undefined);
  }

  /**
   * Runs `work` in one transaction and commits it durably. Nothing is retried: on {@link VersionConflict}, and on
   * `Unavailable` from a deadlock, the caller runs it again, which is a new transaction. A connection lost during COMMIT
   * is `Unavailable` too, although it may have taken effect: a repeat must find that out, as inbox rows do.
   */
  async transaction<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    try {
      const { client } = await this.backends.connect(this.options.pool);
      const tx = new PostgresStoreTransaction(client, this.decoder, this.projections);
      const result = await withTransaction(client, async () => {
        const value = await work(tx);
        if (tx.doom) throw tx.doom;
        return value;
      });
      if (tx.hasAppended) this.tellCommitted();
      return result;
    } catch (error) {
      throw classifyPostgresError(error);
    }
  }

  /** Calls `listener` after every commit of this process that stored something. Returns how to stop it. */
  onCommit(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves when every append has its outcome. Stop the callers first. */
  close(): Promise<void> {
    return this.commits.idle();
  }

  private tellCommitted(): void {
    for (const listener of this.listeners) listener();
  }
}

async function classified<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw classifyPostgresError(error);
  }
}
