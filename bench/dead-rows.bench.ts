import { eventStoreMigrations } from '@codex/event-store-postgres';
import { createPool, runMigrations } from '@codex/postgres';
import type { Pool } from 'pg';
import { RunQueue1760000001001 } from '../apps/agent-manager/src/persistence/run-queue.migration';
import type { BenchResult } from './bench-result';
import { createDatabase, dropDatabase } from './scratch-database';

const UPDATES = 100_000;
const AT_ONCE = 4;
/** Autovacuum looks around every 15 s here. */
const SETTLE_MS = 20_000;

/** A table in which dead rows gather, filled, and one of its updates. `n` counts the updates. */
interface Churned {
  readonly table: string;
  readonly fill: string;
  readonly update: (table: string, n: number) => string;
}

const churned: readonly Churned[] = [
  {
    table: 'event_store.relay_cursors',
    fill: `(name) select 'relay-' || n from generate_series(1, 2) n`,
    update: (table, n) => `update ${table} set position = ${n}, moved_at = now() where name = 'relay-${(n % 2) + 1}'`,
  },
  {
    table: 'agent_manager.leases',
    fill: `(run_id, agent_id, project_id, token_hash, version, expires_at)
      select md5(n::text)::uuid, md5('a')::uuid, md5('p')::uuid, '\\x00', 2, now() from generate_series(1, 2000) n`,
    update: (table, n) =>
      `update ${table} set expires_at = now() + interval '20 s' where run_id = md5('${(n % 2000) + 1}')::uuid`,
  },
  {
    table: 'agent_manager.runs',
    fill: `(id, tenant_id, project_id, work_item_id, attempt, tool_set_id, priority, status, recipe, origin)
      select md5(n::text)::uuid, md5('t')::uuid, md5('p')::uuid, md5('w' || n)::uuid, 1, 1, 5, 'queued', '{}', '{}' from generate_series(1, 200000) n`,
    update: (table, n) =>
      `update ${table} set status = '${n % 2 === 0 ? 'running' : 'completed'}', started_at = now(), ended_at = ${n % 2 === 0 ? 'null' : 'now()'}
        where id = md5('${Math.floor(n / 2) + 1}')::uuid`,
  },
];

interface Figures {
  readonly table: string;
  readonly with: TableState;
  readonly without: TableState;
}

interface TableState {
  readonly deadRows: number;
  readonly kb: number;
  readonly indexKb: number;
  readonly hotShare: number;
  readonly vacuums: number;
}

/** V: what {@link UPDATES} updates leave behind, with the storage settings of the migrations and without. On request. */
export async function benchDeadRows(env: { readonly databaseUrl: string }): Promise<BenchResult[]> {
  const url = await createDatabase(env.databaseUrl, 'bench_dead_rows');
  const pool = createPool({ connectionString: url, applicationName: 'bench-dead-rows' });
  pool.on('connect', (client) => void client.query('set synchronous_commit = off').catch(() => undefined));
  try {
    await runMigrations(url, 'event_store.migrations', eventStoreMigrations);
    await runMigrations(url, 'agent_manager.migrations', [RunQueue1760000001001]);
    const figures: Figures[] = [];
    for (const each of churned) {
      figures.push(await measure(pool, each));
      console.log(JSON.stringify(figures.at(-1)));
    }
    return [resultOf(figures)];
  } finally {
    await pool.end();
    await dropDatabase(env.databaseUrl, url);
  }
}

async function measure(pool: Pool, each: Churned): Promise<Figures> {
  const plain = `${each.table}_plain`;
  await pool.query(`create table ${plain} (like ${each.table} including all)`);
  for (const table of [each.table, plain]) {
    await pool.query(`insert into ${table} ${each.fill}`);
    await churn(pool, (n) => each.update(table, n));
  }
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return { table: each.table, with: await stateOf(pool, each.table), without: await stateOf(pool, plain) };
}

async function churn(pool: Pool, update: (n: number) => string): Promise<void> {
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < UPDATES) await pool.query(update(sent++));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function stateOf(pool: Pool, table: string): Promise<TableState> {
  const { rows } = await pool.query(
    `select s.n_dead_tup::int as "deadRows", (pg_relation_size(s.relid) / 1024)::int as kb, (pg_indexes_size(s.relid) / 1024)::int as "indexKb",
       round(s.n_tup_hot_upd::numeric / greatest(1, s.n_tup_upd), 2)::float8 as "hotShare", s.autovacuum_count::int as vacuums
     from pg_stat_user_tables s where s.relid = $1::regclass`,
    [table],
  );
  return rows[0] as TableState;
}

function resultOf(figures: readonly Figures[]): BenchResult {
  const most = Math.max(...figures.map((each) => each.with.deadRows));
  const measure = `dead rows left by ${UPDATES} updates, in the worst table`;
  return { id: 'V', measure, value: most, unit: 'rows', target: '<= 10000', met: most <= 10_000, details: { figures } };
}
