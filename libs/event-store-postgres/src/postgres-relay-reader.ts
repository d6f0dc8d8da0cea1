import { classifyPostgresError, type Sql } from '@codex/postgres';

import type { RelayBlocker, RelayCursor, RelayPending, RelayReader, RelayRow } from './relay-reader';

const READ = `select era, xid::text as xid, position, kind, stream, version, tenant_id as "tenantId", type,
  schema_id as "schemaId", data, metadata, recorded_at as "recordedAt"
  from event_store.relay_read($1::int, $2::xid8, $3::bigint, $4::int)`;

const LOAD = `insert into event_store.relay_cursors (name) values ($1)
  on conflict (name) do update set name = excluded.name returning era, xid::text as xid, position`;

// Not flushed to disk: losing the last steps only sends some rows again. A relay that was cut off, and publishes on a topic
// that was left meanwhile, must not move it.
const SAVE = `update event_store.relay_cursors c set era = $2::int, xid = $3::xid8, position = $4::bigint, moved_at = now()
  from (select set_config('synchronous_commit', 'off', true) as setting) s
  where s.setting = 'off' and c.name = $1 and (c.era, c.xid, c.position) < ($2::int, $3::xid8, $4::bigint)
    and ($5::text is null or c.topic is null or c.topic = $5)`;

const PENDING = `select count::int as count, oldest_age_ms as "oldestAgeMs"
  from event_store.relay_pending($1::int, $2::xid8, $3::bigint)`;

/** pg_locks shows every open transaction id to every role; pg_stat_activity adds what this role may see. */
const BLOCKERS = `
  with open as (
    select l.pid, l.virtualtransaction, l.transactionid from pg_locks l
    where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
      and l.transactionid = pg_snapshot_xmin(pg_current_snapshot())::xid
  )
  select o.pid, p.gid as "preparedTransaction", coalesce(a.datname, p.database) as database,
    coalesce(a.usename, p.owner) as user, a.application_name as "applicationName", a.state,
    (extract(epoch from clock_timestamp() - coalesce(a.xact_start, p.prepared)) * 1000)::float8 as "transactionAgeMs"
  from open o
  left join pg_stat_activity a on a.pid = o.pid
  left join pg_prepared_xacts p on p.transaction = o.transactionid`;

/**
 * The relay's view of one database, for the relay called `name`: renaming it publishes everything again. With `topic`, the
 * one its events go to, the cursor moves only while that is the current one (see {@link PostgresTopicMoves}).
 */
export class PostgresRelayReader implements RelayReader {
  constructor(
    private readonly sql: Sql,
    private readonly name: string,
    private readonly topic: string | null = null,
  ) {}

  async loadCursor(): Promise<RelayCursor> {
    return (await this.select<RelayCursor>('load', LOAD, [this.name]))[0]!;
  }

  async saveCursor({ era, xid, position }: RelayCursor): Promise<void> {
    await this.select('save', SAVE, [this.name, era, xid, position, this.topic]);
  }

  readAfter({ era, xid, position }: RelayCursor, limit: number): Promise<readonly RelayRow[]> {
    return this.select<RelayRow>('read', READ, [era, xid, position, limit]);
  }

  async pending({ era, xid, position }: RelayCursor): Promise<RelayPending> {
    return (await this.select<RelayPending>('pending', PENDING, [era, xid, position]))[0]!;
  }

  blockers(): Promise<readonly RelayBlocker[]> {
    return this.select<RelayBlocker>('blockers', BLOCKERS, []);
  }

  private async select<Row extends object>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await this.sql.query<Row>({ name: `relay-${name}`, text, values })).rows;
    } catch (error) {
      throw classifyPostgresError(error);
    }
  }
}
