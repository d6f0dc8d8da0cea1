import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { BenchResult } from './bench-result';
import { Fleet } from './claims/fleet';
import { fillQueue, finishRunning } from './claims/queued-runs';
import { startAgentManager, type ServiceProcess } from './claims/service-process';
import { Latencies, median } from './load';

const AGENTS = 8;
const BATCH = 20;
const SLOTS = 256;
const SHAPE = { runs: 100_000, projects: 50, priorities: 3 };
const ROUNDS = 5;
/** Every agent fills its slots this often in a round; in between all of it is finished, outside of the measured time. */
const FILLS = 4;
const TARGET_PER_SECOND = 3_000;
const TARGET_P99_MS = 50;

/** P7: claims over HTTP with full semantics while 100,000 runs wait. */
export async function benchClaims(env: { readonly databaseUrl: string }): Promise<BenchResult[]> {
  const database = await createDatabase(env.databaseUrl);
  const service = await startAgentManager(database.url);
  const client = new Client({ connectionString: database.url });
  try {
    await client.connect();
    const fleet = await Fleet.register(service, { agents: AGENTS, slots: SLOTS });
    await fillQueue(client, { ...SHAPE, tenantId: fleet.tenantId });
    await measure(fleet, client, service);
    const before = await counters(client);
    const rounds: Round[] = [];
    while (rounds.length < ROUNDS) rounds.push(await measure(fleet, client, service));
    const after = await counters(client);
    await fleet.close();
    return results(rounds, { before, after, queueHeadsMs: await queueHeadsMs(client, fleet.tenantId) });
  } finally {
    await client.end();
    await service.stop();
    await database.drop();
  }
}

interface Round {
  readonly claims: number;
  readonly calls: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serviceCores: number;
}

async function measure(fleet: Fleet, client: Client, service: ServiceProcess): Promise<Round> {
  const latencies = new Latencies();
  let claims = 0;
  let seconds = 0;
  let cpu = 0;
  for (let fill = 0; fill < FILLS; fill++) {
    const startedAt = performance.now();
    const cpuBefore = service.cpuSeconds();
    claims += await fleet.fill(BATCH, latencies);
    seconds += (performance.now() - startedAt) / 1000;
    cpu += service.cpuSeconds() - cpuBefore;
    await finishRunning(client);
  }
  const { p50Ms, p99Ms, count } = latencies.summary();
  return { claims, calls: count, perSecond: Math.round(claims / seconds), p50Ms, p99Ms, serviceCores: cpu / seconds };
}

interface Counters {
  readonly scans: number;
  readonly transactions: number;
}

/** Sequential scans of the large tables, and transactions, so far. */
async function counters(client: Client): Promise<Counters> {
  await client.query('select pg_stat_force_next_flush()');
  const { rows } = await client.query<{ scans: string; transactions: string }>(
    `select (select sum(seq_scan) from pg_stat_user_tables where relname in ('runs', 'events')) as scans,
      (select xact_commit from pg_stat_database where datname = current_database()) as transactions`,
  );
  return { scans: Number(rows[0]!.scans), transactions: Number(rows[0]!.transactions) };
}

async function queueHeadsMs(client: Client, tenantId: string): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < 20; n++) {
    const startedAt = performance.now();
    await client.query('select * from agent_manager.queue_heads($1, array[1, 2], 4, null, false)', [tenantId]);
    times.push(performance.now() - startedAt);
  }
  return median(times);
}

function results(
  rounds: readonly Round[],
  facts: { readonly before: Counters; readonly after: Counters; readonly queueHeadsMs: number },
): BenchResult[] {
  const perSecond = Math.round(median(rounds.map((round) => round.perSecond)));
  const p99Ms = median(rounds.map((round) => round.p99Ms));
  const calls = rounds.reduce((sum, round) => sum + round.calls, 0);
  const measure = `claims over HTTP, ${SHAPE.runs / 1000}k queued, ${AGENTS} agents, batches of ${BATCH}`;
  const details = {
    rounds,
    shape: SHAPE,
    sequentialScans: facts.after.scans - facts.before.scans,
    transactionsPerCall: (facts.after.transactions - facts.before.transactions) / calls,
    queueHeadsMs: facts.queueHeadsMs,
  };
  return [
    {
      id: 'P7',
      measure,
      value: perSecond,
      unit: '/s',
      target: `>= ${TARGET_PER_SECOND}/s`,
      met: perSecond >= TARGET_PER_SECOND,
      details,
    },
    {
      id: 'P7',
      measure: 'the same, one call of 20, p99',
      value: p99Ms,
      unit: 'ms',
      target: `<= ${TARGET_P99_MS} ms`,
      met: p99Ms <= TARGET_P99_MS,
      details: { p50Ms: median(rounds.map((round) => round.p50Ms)) },
    },
  ];
}

async function createDatabase(adminUrl: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `bench_claims_${randomBytes(4).toString('hex')}`;
  const admin = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: adminUrl });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await admin(`create database ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => admin(`drop database if exists ${name} with (force)`) };
}
