import type { Sql } from '@codex/postgres';
import type { Pool, PoolClient } from 'pg';

/** A server process, told apart from a later one with the same pid. */
export interface Backend {
  readonly pid: number;
  readonly startedAt: string;
}

interface IdentityRow extends Backend {
  readonly cluster: string;
  readonly knownCluster: string | null;
}

const IDENTITY = `
  select pg_backend_pid() as pid,
    (select backend_start::text from pg_stat_get_activity(pg_backend_pid())) as "startedAt",
    (select system_identifier::text from pg_control_system()) as cluster,
    (select system_identifier from event_store.eras order by era desc limit 1) as "knownCluster"`;

// Names the era it follows, so that of two processes that find out together one does it.
const RAISE_ERA = `
  insert into event_store.eras (era, system_identifier)
  select era + 1, $1 from event_store.eras
  where era = (select max(era) from event_store.eras) and system_identifier <> $1
  on conflict (era) do nothing`;

/**
 * Looks at each connection once before it writes: which server process it is, and whether the event table was restored
 * into another cluster. Transaction ids start again there, so a new era begins: its rows sort behind all earlier ones.
 */
export class BackendRegistry {
  private readonly known = new WeakMap<PoolClient, Backend>();

  /** A checked-out client that may write; whoever takes it releases it. */
  async connect(pool: Pool): Promise<{ readonly client: PoolClient; readonly backend: Backend }> {
    const client = await pool.connect();
    try {
      const backend = this.known.get(client) ?? (await ensureEra(client));
      this.known.set(client, backend);
      return { client, backend };
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

/** Begins a new era when this cluster is not the one that wrote last. Safe to call from many processes at once. */
export async function ensureEra(sql: Sql): Promise<Backend> {
  for (;;) {
    const identity = (await sql.query<IdentityRow>(IDENTITY)).rows[0]!;
    if (identity.cluster === identity.knownCluster) return { pid: identity.pid, startedAt: identity.startedAt };
    await sql.query(RAISE_ERA, [identity.cluster]);
  }
}
