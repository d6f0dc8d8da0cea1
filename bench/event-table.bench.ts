import { codec } from '@codex/contracts';
import { newId, streamId } from '@codex/event-sourcing';
import { commandMetadata, TEST_TENANT } from '@codex/event-sourcing/testing';
import { eventStoreMigrations, PostgresEventStore, PostgresRelayReader } from '@codex/event-store-postgres';
import { createPool, runMigrations } from '@codex/postgres';
import type { Pool } from 'pg';
import type { BenchResult } from './bench-result';
import { eventTableLayouts } from './event-table/layouts';
import { closedLoop, Latencies, median } from './load';
import { createDatabase, dropDatabase } from './scratch-database';

const ROWS = 2_000_000;
const CHUNK = 100_000;
const EVENTS_A_STREAM = 10;
/** So many streams are at work at the same time. */
const INTERLEAVED = 1_000;
const READS = 400;
const RELAY_BATCH = 1_000;
const RELAY_ROWS = 200_000;

/** What a layout of the event table does with {@link ROWS} rows in it. */
interface Figures {
  readonly layout: string;
  readonly fillRowsPerSecond: number;
  readonly appendsPerSecondEmpty: number;
  readonly appendsPerSecondFull: number;
  readonly readStreamMs: number;
  readonly relayRowsPerSecond: number;
  readonly relayIdleMs: number;
  readonly gbPer10MRows: { readonly table: number; readonly indexes: Readonly<Record<string, number>> };
  readonly vacuumFreezeSeconds: number;
  readonly vacuumAgainSeconds: number;
}

/** T: layouts of the event table, filled and compared. Takes about four minutes and 3 GB; only when it is named. */
export async function benchEventTable(env: { readonly databaseUrl: string }): Promise<BenchResult[]> {
  const figures: Figures[] = [];
  for (const [layout, statements] of Object.entries(eventTableLayouts)) {
    const url = await createDatabase(env.databaseUrl, `bench_table_${layout}`);
    const limits = { statementTimeoutMs: 0, transactionTimeoutMs: 0 };
    const pool = createPool({ connectionString: url, applicationName: 'bench-event-table', ...limits });
    try {
      await runMigrations(url, 'event_store.migrations', eventStoreMigrations);
      for (const statement of statements) await pool.query(statement);
      figures.push(await measure(pool, layout));
      console.log(JSON.stringify(figures.at(-1)));
    } finally {
      await pool.end();
      await dropDatabase(env.databaseUrl, url);
    }
  }
  return [resultOf(figures)];
}

async function measure(pool: Pool, layout: string): Promise<Figures> {
  const appendsPerSecondEmpty = await appendRate(pool);
  const fillRowsPerSecond = await fill(pool);
  const vacuumFreezeSeconds = await seconds(() => pool.query('vacuum (freeze, analyze) event_store.events'));
  const appendsPerSecondFull = await appendRate(pool);
  const vacuumAgainSeconds = await seconds(() => pool.query('vacuum (freeze) event_store.events'));
  return {
    layout,
    fillRowsPerSecond,
    appendsPerSecondEmpty,
    appendsPerSecondFull,
    readStreamMs: await readStream(pool),
    ...(await relay(pool)),
    gbPer10MRows: await sizes(pool),
    vacuumFreezeSeconds,
    vacuumAgainSeconds,
  };
}

async function fill(pool: Pool): Promise<number> {
  const body = codec.encode('QuotaAssigned', { projectId: newId(), workItemId: newId(), grantId: newId() });
  const took = await seconds(async () => {
    for (let from = 0; from < ROWS; from += CHUNK) {
      await pool.query(
        `insert into event_store.events (era, kind, stream, version, tenant_id, type, schema_id, data, metadata, recorded_at)
         select 1, 'event', 'Sample-' || md5((n / $3 / $4 * $4 + n % $4)::text)::uuid, (n % ($3 * $4)) / $4 + 1, $5, 'QuotaAssigned', $6, $7,
           jsonb_build_object('messageId', md5(n::text)::uuid, 'commandId', md5('c' || n)::uuid, 'correlationId', md5('r' || n / 10)::uuid,
             'causationId', md5('c' || n)::uuid, 'actor', 'user-17'), clock_timestamp()
         from generate_series($1::int, $2::int - 1) n`,
        [from, from + CHUNK, EVENTS_A_STREAM, INTERLEAVED, TEST_TENANT, body.schemaId, body.data],
      );
    }
  });
  return Math.round(ROWS / took);
}

async function appendRate(pool: Pool): Promise<number> {
  const store = new PostgresEventStore({ pool, codec });
  const append = async (): Promise<void> => {
    const { now: _now, tenantId, ...metadata } = commandMetadata();
    const data = { projectId: newId(), workItemId: newId(), grantId: newId() };
    const events = [{ type: 'QuotaAssigned', data, metadata: { ...metadata, messageId: newId() } }];
    const stream = streamId('Sample', newId());
    await store.append({ commandId: newId(), streams: [{ stream, tenantId, expectedVersion: 0, events }] });
  };
  await closedLoop({ callers: 64, forMs: 1_000 }, append);
  const { perSecond } = await closedLoop({ callers: 64, forMs: 4_000 }, append);
  return Math.round(perSecond);
}

async function readStream(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ stream: string }>(
    `select 'Sample-' || md5((random() * ${ROWS / EVENTS_A_STREAM - 1})::int::text)::uuid as stream from generate_series(1, ${READS})`,
  );
  const taken: number[] = [];
  for (const { stream } of rows) {
    const start = performance.now();
    const read = await pool.query({
      name: 'read',
      text: 'select * from event_store.read($1, $2)',
      values: [[stream], [0]],
    });
    if (read.rows.length !== EVENTS_A_STREAM) throw new Error(`${stream} has ${read.rows.length} events`);
    taken.push(performance.now() - start);
  }
  return Number(median(taken).toFixed(2));
}

async function relay(pool: Pool): Promise<Pick<Figures, 'relayRowsPerSecond' | 'relayIdleMs'>> {
  const reader = new PostgresRelayReader(pool, 'bench');
  let cursor = await reader.loadCursor();
  let count = 0;
  const took = await seconds(async () => {
    while (count < RELAY_ROWS) {
      const rows = await reader.readAfter(cursor, RELAY_BATCH);
      cursor = rows.at(-1)!;
      count += rows.length;
    }
  });
  const { rows } = await pool.query(
    'select e.era, e.xid::text, e.position from event_store.events e order by e.era desc, e.xid desc, e.position desc limit 1',
  );
  const idle = new Latencies();
  for (let look = 0; look < READS; look++) {
    const start = performance.now();
    await reader.readAfter(rows[0] as typeof cursor, RELAY_BATCH);
    idle.add(performance.now() - start);
  }
  return { relayRowsPerSecond: Math.round(count / took), relayIdleMs: idle.summary().p50Ms };
}

async function sizes(pool: Pool): Promise<Figures['gbPer10MRows']> {
  const { rows } = await pool.query<{ name: string; kind: string; bytes: string; rows: string }>(
    `select regexp_replace(c.relname, '_?[0-9]+(_|$)', '') as name, c.relkind as kind, sum(pg_relation_size(c.oid)) as bytes,
       (select count(*) from event_store.events) as rows
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'event_store' and c.relkind in ('r', 'i') and c.relname like 'events%' group by 1, 2`,
  );
  const gb = (row: { readonly bytes: string; readonly rows: string }): number =>
    Number(((Number(row.bytes) / Number(row.rows)) * (1e7 / 2 ** 30)).toFixed(2));
  const table = rows.filter(({ kind }) => kind === 'r').reduce((sum, row) => sum + gb(row), 0);
  return {
    table,
    indexes: Object.fromEntries(rows.filter(({ kind }) => kind === 'i').map((row) => [row.name, gb(row)])),
  };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return Number(((performance.now() - start) / 1000).toFixed(2));
}

function resultOf(figures: readonly Figures[]): BenchResult {
  const { appendsPerSecondEmpty, appendsPerSecondFull } = figures[0]!;
  const value = Number((appendsPerSecondEmpty / appendsPerSecondFull).toFixed(2));
  const measure = `appends, empty event table against ${ROWS / 1e6} million rows`;
  return { id: 'T', measure, value, unit: 'x', target: '<= 1.5 x', met: value <= 1.5, details: { figures } };
}
