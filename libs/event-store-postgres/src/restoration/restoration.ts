import type { IdempotencyRecord, MessageMetadata } from '@codex/event-sourcing';
import { connectionOptions, withTransaction, type DatabaseConfig, type Sql } from '@codex/postgres';
import { Pool } from 'pg';

import type { RelayLock } from '../relay-reader';
import { acquireRelayLock } from '../relay-lock';
import { RestorationRefused } from './restoration-errors';

/** A published message on its way back into the event table. */
export interface RestoredMessage {
  readonly kind: 'event' | 'reply';
  readonly era: number;
  readonly stream: string;
  /** Null for replies. */
  readonly version: number | null;
  readonly tenantId: string;
  readonly type: string;
  readonly schemaId: number;
  readonly data: Buffer;
  readonly metadata: MessageMetadata;
  /** RFC 3339, up to microseconds; kept. */
  readonly recordedAt: string;
}

/** How far a topic of commands was dealt with before: the consumer of a partition begins there. */
export interface HandledPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

const LOCK_WITHIN_MS = 5_000;

const INSERT = `insert into event_store.events
    (era, kind, stream, version, tenant_id, type, schema_id, data, metadata, recorded_at)
  select * from unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::int[], $8::bytea[],
    $9::jsonb[], $10::timestamptz[])`;

const REMEMBER = `insert into event_store.commands (tenant_id, key, fingerprint, response)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::json[]) on conflict do nothing`;

/**
 * Fills an empty event table with what was published from another one that is lost. Versions, ids, metadata and times
 * are those of the log. Everything that is restored lies behind the cursor of the relay in an era of its own that is
 * over, so nothing is published twice and what is appended from now on follows it.
 *
 * Holds the relay's lock, so that no service publishes meanwhile. A restoration that broke off is begun anew.
 */
export class Restoration {
  private lastEra = 0;

  private constructor(
    private readonly pool: Pool,
    private readonly lock: RelayLock,
    private readonly relay: string,
  ) {}

  /**
   * Opens the database, which has the event store's schema. Throws {@link RestorationRefused}: `STORE_NOT_EMPTY`, or
   * `STORE_IN_USE` when a service runs on it.
   */
  static async begin(config: DatabaseConfig, relay: string): Promise<Restoration> {
    const lock = await acquireRelayLock(config, relay, { signal: AbortSignal.timeout(LOCK_WITHIN_MS) }).catch(() => {
      throw new RestorationRefused('STORE_IN_USE', `the relay ${relay} runs on this database: stop the service first`);
    });
    const pool = new Pool({ ...connectionOptions(config), max: 2 });
    pool.on('error', () => undefined);
    try {
      await clear(pool, relay);
      return new Restoration(pool, lock, relay);
    } catch (error) {
      await pool.end();
      await lock.release();
      throw error;
    }
  }

  /** Adds messages in their order; versions of a stream must ascend over all calls. One transaction. */
  async add(messages: readonly RestoredMessage[]): Promise<void> {
    if (messages.length === 0) return;
    this.lastEra = messages.reduce((era, message) => Math.max(era, message.era), this.lastEra);
    const column = <T>(read: (message: RestoredMessage) => T): T[] => messages.map(read);
    await this.pool.query(INSERT, [
      column(({ era }) => era),
      column(({ kind }) => kind),
      column(({ stream }) => stream),
      column(({ version }) => version),
      column(({ tenantId }) => tenantId),
      column(({ type }) => type),
      column(({ schemaId }) => schemaId),
      column(({ data }) => data),
      column(({ metadata }) => JSON.stringify(metadata)),
      column(({ recordedAt }) => recordedAt),
    ]);
  }

  /** Makes commands known that were answered before, so that a repeat is answered the same. */
  async remember(records: readonly IdempotencyRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.pool.query(REMEMBER, [
      records.map(({ tenantId }) => tenantId),
      records.map(({ key }) => key),
      records.map(({ fingerprint }) => fingerprint),
      records.map(({ response }) => JSON.stringify(response ?? null)),
    ]);
  }

  /**
   * Checks the whole and ends the era. `topic` is the one that events were read from, and will be published on. Resolves
   * with the number of the new era. Throws {@link RestorationRefused}
   * `MESSAGE_REPEATED` or `STREAM_GAP`; the database stays unusable then.
   */
  async finish(handled: readonly HandledPosition[], topic: string): Promise<number> {
    await requireWhole(this.pool);
    const client = await this.pool.connect();
    return withTransaction(client, async () => {
      const { rows } = await client.query<{ era: number }>(
        `insert into event_store.eras (era, system_identifier)
         select 1 + greatest(max(era), $1), (select system_identifier::text from pg_control_system())
           from event_store.eras returning era`,
        [this.lastEra],
      );
      const { era } = rows[0]!;
      await client.query(
        `insert into event_store.relay_cursors (name, era, xid, position, topic) values ($1, $2, '0', 0, $3)`,
        [this.relay, era, topic],
      );
      await client.query(
        `update event_store.restorations set era = $1, finished_at = clock_timestamp(), handled = $2 where finished_at is null`,
        [era, JSON.stringify(handled)],
      );
      return era;
    });
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.lock.release();
  }
}

/** Whoever comes from here on finds a restoration that is not finished. What an interrupted one left goes. */
async function clear(pool: Pool, relay: string): Promise<void> {
  const client = await pool.connect();
  await withTransaction(client, async () => {
    await client.query('lock table event_store.events in access exclusive mode');
    const { rows } = await client.query<{ empty: boolean; interrupted: boolean }>(
      `select not exists (select from event_store.events) as empty,
         exists (select from event_store.restorations where finished_at is null) as interrupted`,
    );
    const { empty, interrupted } = rows[0]!;
    if (!empty && !interrupted) throw new RestorationRefused('STORE_NOT_EMPTY', 'the event table is not empty');
    await client.query(
      'truncate event_store.events, event_store.commands, event_store.relay_cursors, event_store.topic_copies',
    );
    await client.query('delete from event_store.restorations where finished_at is null');
    await client.query('insert into event_store.restorations (era, relay) values (0, $1)', [relay]);
  });
}

async function requireWhole(sql: Sql): Promise<void> {
  const gaps = await sql.query<{ stream: string }>(
    `select stream from event_store.events where version is not null group by stream
     having count(*) <> max(version) limit 5`,
  );
  if (gaps.rows.length > 0) {
    throw new RestorationRefused(
      'STREAM_GAP',
      `versions are missing in ${gaps.rows.map(({ stream }) => stream).join()}`,
    );
  }
  const twice = await sql.query<{ id: string }>(
    `select metadata ->> 'messageId' as id from event_store.events group by 1 having count(*) > 1 limit 5`,
  );
  if (twice.rows.length === 0) return;
  const ids = twice.rows.map(({ id }) => id).join(', ');
  throw new RestorationRefused('MESSAGE_REPEATED', `different messages share the ids ${ids}`);
}
