import { codec } from '@codex/contracts';
import { CommandRunner, newId, StateCache, streamId, type FoldRange, type StreamId } from '@codex/event-sourcing';
import { commandMetadata, TEST_TENANT } from '@codex/event-sourcing/testing';
import { eventStoreMigrations, PostgresEventStore, PostgresSnapshots } from '@codex/event-store-postgres';
import { createPool, runMigrations } from '@codex/postgres';
import type { Pool } from 'pg';
import type { ProjectQuotaCommand } from '../apps/project/src/domain/project-quota.commands';
import { projectQuotaDecider } from '../apps/project/src/domain/project-quota.decider';
import type { BenchResult } from './bench-result';
import { median } from './load';
import { createDatabase, dropDatabase } from './scratch-database';

const LENGTHS = [10, 1_000, 10_000, 100_000];
/** The worst a quota can hold: beyond it grants come and go. */
const OPEN_GRANTS = 10_000;
const COLD_SAMPLES = 41;
const WARM_SAMPLES = 401;
const MAX_RATIO = 2;
const CHUNK = 2_000;

/** Milliseconds of one command, the middle one of many. */
interface Figures {
  readonly events: number;
  readonly warm: number;
  /** Nothing in memory, as right after a start. */
  readonly cold: number;
  readonly coldWithoutSnapshots: number;
  /** Two processes take turns. */
  readonly replicas: number;
}

/** S: how the length of a stream slows its commands, one at a time, of a project's quota with up to 10,000 open grants. */
export async function benchStreams(env: { readonly databaseUrl: string }): Promise<BenchResult[]> {
  const url = await createDatabase(env.databaseUrl, 'bench_streams');
  const pool = createPool({ connectionString: url, applicationName: 'bench-streams' });
  try {
    await runMigrations(url, 'event_store.migrations', eventStoreMigrations);
    const figures: Figures[] = [];
    for (const length of LENGTHS) figures.push(await measure(pool, length));
    return resultsOf(figures);
  } finally {
    await pool.end();
    await dropDatabase(env.databaseUrl, url);
  }
}

async function measure(pool: Pool, length: number): Promise<Figures> {
  const projectId = newId();
  const stream = streamId(projectQuotaDecider.category, projectId);
  await fill(pool, stream, { projectId, length });
  const command = (runner: CommandRunner) => timed(() => assign(runner, stream, projectId));
  const withoutSnapshots = await samples(COLD_SAMPLES, () => command(coldReplica(pool, 'without')));
  const first = replica(pool, 'with');
  await command(first.runner);
  await first.snapshots.flush();
  const cold = await samples(COLD_SAMPLES, () => command(coldReplica(pool, 'with')));
  const warm = await samples(WARM_SAMPLES, () => command(first.runner));
  const other = replica(pool, 'with').runner;
  let turn = 0;
  const replicas = await samples(WARM_SAMPLES, () => command(turn++ % 2 === 0 ? other : first.runner));
  return { events: length, warm, cold, coldWithoutSnapshots: withoutSnapshots, replicas };
}

type Keeping = 'with' | 'without';

function coldReplica(pool: Pool, keeping: Keeping): CommandRunner {
  return replica(pool, keeping).runner;
}

function replica(pool: Pool, keeping: Keeping) {
  const store = new PostgresEventStore({ pool, codec });
  const snapshots = new PostgresSnapshots({ sql: pool });
  const eventsOnly = Object.assign(Object.create(store) as PostgresEventStore, {
    load: (ranges: readonly FoldRange[]) => store.load(ranges.map((range) => ({ ...range, fingerprint: null }))),
  });
  const cache = keeping === 'with' ? new StateCache(10, snapshots) : new StateCache(10);
  const parts = { cache, newId, refused: () => null };
  return { snapshots, runner: new CommandRunner({ store: keeping === 'with' ? store : eventsOnly, ...parts }) };
}

async function assign(runner: CommandRunner, stream: StreamId, projectId: string): Promise<void> {
  const data = { projectId, workItemId: newId(), grantId: newId(), processId: newId() };
  const command: ProjectQuotaCommand = { type: 'AssignQuota', data, metadata: commandMetadata({ commandId: newId() }) };
  await runner.run(projectQuotaDecider, stream, command);
}

async function fill(
  pool: Pool,
  stream: StreamId,
  { projectId, length }: { readonly projectId: string; readonly length: number },
): Promise<void> {
  const store = new PostgresEventStore({ pool, codec });
  const limits = { projectId, maxOpenWorkItems: null, maxConcurrentRuns: null, maxRunMinutesPerDay: null };
  const open: string[] = [];
  const next = (at: number) => {
    if (at === 0) return { type: 'ProjectQuotaSet', data: limits };
    const type = open.length < OPEN_GRANTS ? 'QuotaAssigned' : 'QuotaReleased';
    const grantId = type === 'QuotaAssigned' ? newId() : open.shift()!;
    if (type === 'QuotaAssigned') open.push(grantId);
    return { type, data: { projectId, workItemId: newId(), grantId } };
  };
  for (let version = 0; version < length; version += CHUNK) {
    const size = Math.min(CHUNK, length - version);
    const events = Array.from({ length: size }, (_, index) => {
      const { now: _now, tenantId: _tenant, ...metadata } = commandMetadata();
      return { ...next(version + index), metadata: { ...metadata, messageId: newId() } };
    });
    const streams = [{ stream, tenantId: TEST_TENANT, expectedVersion: version, events }];
    await store.append({ commandId: newId(), streams });
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function samples(count: number, sample: () => Promise<number>): Promise<number> {
  const taken: number[] = [];
  while (taken.length < count) taken.push(await sample());
  return Number(median(taken).toFixed(2));
}

function resultsOf(figures: readonly Figures[]): BenchResult[] {
  const [shortest] = figures as [Figures];
  const long = figures.find(({ events }) => events === 10_000)!;
  const kinds = { warm: 'in memory', cold: 'right after a start', replicas: 'two replicas in turn' } as const;
  return (['warm', 'cold', 'replicas'] as const).map((kind) => {
    const value = Number((long[kind] / shortest[kind]).toFixed(2));
    return {
      id: 'S',
      measure: `a command on 10,000 events against 10, ${kinds[kind]}`,
      value,
      unit: 'x',
      target: `<= ${MAX_RATIO} x`,
      met: value <= MAX_RATIO,
      details: { milliseconds: figures },
    };
  });
}
