import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { codec } from '@codex/contracts';
import type { NewEvent } from '@codex/event-sourcing';
import { eventStoreMigrations, PostgresEventStore } from '@codex/event-store-postgres';
import { createPool, runMigrations } from '@codex/postgres';
import { v7 as uuidv7 } from 'uuid';
import type { BenchResult } from './bench-result';
import { relayOf } from './messaging/lags';
import {
  inSampleWorld,
  medianBy,
  percentile,
  round,
  sampleTenant,
  type BenchServers,
  type SampleWorld,
} from './messaging/sample-world';
import { itemLife } from './projection/item-life';
import type { ProjectorTask } from './projection/projector.process';
import { Visibility } from './projection/visibility';

const RATES = [1_000, 3_000];
const SECONDS = 8;
const WARM_UP_SECONDS = 3;
const RUNS = 3;
/** One of so many appends is looked for. */
const SAMPLED = 20;
const TARGET_MS = 50;
const SUSTAINED = 5_000;
/** A little above the target, because the last events need a moment after the last append. */
const SUSTAINED_LOAD = 5_400;

/**
 * P2: from the acknowledged append to the row in the read model, the projector in a process of its own. Each append
 * begins a work item with its two first events.
 */
export function benchVisible(servers: BenchServers): Promise<BenchResult[]> {
  return inSampleWorld(servers, async (world) => {
    const projector = await startProjector(servers, world);
    const writer = await startWriter(world);
    try {
      await load(writer, world, { perSecond: 500, seconds: WARM_UP_SECONDS });
      const results: BenchResult[] = [];
      for (const perSecond of RATES) results.push(await measure(writer, world, perSecond));
      return [...results, await sustained(writer, world)];
    } finally {
      await writer.stop();
      projector.disconnect();
    }
  });
}

async function measure(writer: Writer, world: SampleWorld, perSecond: number): Promise<BenchResult> {
  const runs: { p50: number; p99: number; max: number }[] = [];
  while (runs.length < RUNS) {
    const sorted = (await load(writer, world, { perSecond, seconds: SECONDS })).toSorted((a, b) => a - b);
    runs.push({ p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: round(sorted.at(-1)!) });
  }
  const median = medianBy(runs, ({ p99 }) => p99);
  const target = TARGET_MS;
  return {
    id: 'P2',
    measure: `commit to visible in work_items, p99 at ${perSecond} events/s`,
    value: median.p99,
    unit: 'ms',
    target: `<= ${target}`,
    met: median.p99 <= target,
    details: { p50: median.p50, runs },
  };
}

/** Events a second from the first append until the last one was seen. */
async function sustained(writer: Writer, world: SampleWorld): Promise<BenchResult> {
  const runs: { perSecond: number; p50: number; p99: number }[] = [];
  while (runs.length < RUNS) {
    const startedAt = performance.now();
    const latencies = await load(writer, world, { perSecond: SUSTAINED_LOAD, seconds: SECONDS });
    const seconds = (performance.now() - startedAt) / 1000;
    const sorted = latencies.toSorted((a, b) => a - b);
    const perSecond = Math.round((SUSTAINED_LOAD * SECONDS) / seconds);
    runs.push({ perSecond, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) });
  }
  const { perSecond, p50, p99 } = medianBy(runs, (run) => run.perSecond);
  return {
    id: 'P2',
    measure: 'events sustained, append to visible in work_items',
    value: perSecond,
    unit: '/s',
    target: `>= ${SUSTAINED}/s`,
    met: perSecond >= SUSTAINED,
    details: { p50, p99, runs },
  };
}

interface Writer {
  readonly store: PostgresEventStore;
  stop(): Promise<void>;
}

/** Event store and relay, put together as in a command service. */
async function startWriter(world: SampleWorld): Promise<Writer> {
  const pool = createPool({ connectionString: world.databaseUrl, applicationName: 'bench-visible' });
  await runMigrations(world.databaseUrl, 'event_store.migrations', eventStoreMigrations);
  const store = new PostgresEventStore({ pool, codec });
  const relay = relayOf(world, pool);
  store.onCommit(() => relay.poke());
  relay.start();
  const stop = async (): Promise<void> => {
    await relay.stop();
    await pool.end();
  };
  return { store, stop };
}

async function load(
  { store }: Writer,
  world: SampleWorld,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<readonly number[]> {
  const visibility = await Visibility.connect(world.databaseUrl);
  visibility.start();
  const appends: Promise<void>[] = [];
  const start = performance.now();
  for (const total = (perSecond * seconds) / 2; appends.length < total;) {
    const due = Math.min(total, Math.floor((((performance.now() - start) / 1000) * perSecond) / 2));
    while (appends.length < due) appends.push(appendOne(store, appends.length % SAMPLED === 0 ? visibility : null));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(appends);
  await visibility.stop();
  return visibility.latenciesMs;
}

async function appendOne(store: PostgresEventStore, visibility: Visibility | null): Promise<void> {
  const id = uuidv7();
  const commandId = uuidv7();
  const events = itemLife(id)
    .slice(0, 2)
    .map((event): NewEvent => ({ ...event, metadata: metadataOf(commandId) }));
  const stream = { stream: `WorkItem-${id}`, tenantId: sampleTenant, expectedVersion: 0, events };
  await store.append({ commandId, streams: [stream] });
  visibility?.committed(id);
}

function metadataOf(commandId: string) {
  return { messageId: uuidv7(), commandId, correlationId: commandId, causationId: commandId, actor: 'key-member' };
}

async function startProjector(servers: BenchServers, world: SampleWorld): Promise<ChildProcess> {
  const child = fork(join(__dirname, 'projection/projector.process.js'), { stdio: 'inherit' });
  const ready = new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the projector ended with ${code}`)));
  });
  const { databaseUrl, topic } = world;
  child.send({ databaseUrl, topic, kafkaBrokers: [...servers.kafkaBrokers] } satisfies ProjectorTask);
  await ready;
  return child;
}
