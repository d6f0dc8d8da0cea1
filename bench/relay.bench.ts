import { eventStoreMigrations, PostgresEventStore } from '@codex/event-store-postgres';
import { Header, type KafkaProducer, type Relay } from '@codex/kafka-messaging';
import { createPool, runMigrations } from '@codex/postgres';
import type { Pool } from 'pg';

import type { BenchResult } from './bench-result';
import { msSince, relayOf, summed, type LagSummary } from './messaging/lags';
import { appendAtRate, appendMany } from './messaging/open-loop';
import {
  codec,
  coresSince,
  inSampleWorld,
  medianBy,
  type BenchServers,
  type SampleWorld,
} from './messaging/sample-world';

const TARGET_PER_SECOND = 30_000;
const TARGET_LAG_MS = 30;
const EVENTS = 60_000;
const RUNS = 3;
const LAG_PER_SECOND = 1_000;
const LAG_SECONDS = 8;

/** P6: the relay of one service, from its event table to acknowledged in Kafka. */
export function benchRelay(servers: BenchServers): Promise<BenchResult[]> {
  return inSampleWorld(servers, async (world) => {
    const pool = createPool({ connectionString: world.databaseUrl, applicationName: 'bench-relay' });
    try {
      await runMigrations(world.databaseUrl, 'event_store.migrations', eventStoreMigrations);
      const store = new PostgresEventStore({ pool, codec });
      return [await throughput(world, pool, store), await lag(world, pool, store)];
    } finally {
      await pool.end();
    }
  });
}

async function throughput(world: SampleWorld, pool: Pool, store: PostgresEventStore): Promise<BenchResult> {
  const runs: { perSecond: number; cores: number }[] = [];
  while (runs.length < RUNS) {
    await appendMany(store, EVENTS, 3);
    const relay = relayOf(world, pool);
    const cpu = process.cpuUsage();
    const start = performance.now();
    relay.start();
    await published(relay, EVENTS);
    const seconds = (performance.now() - start) / 1000;
    runs.push({ perSecond: Math.round(EVENTS / seconds), cores: coresSince(cpu, seconds) });
    await relay.stop();
  }
  const median = medianBy(runs, ({ perSecond }) => perSecond);
  return {
    id: 'P6',
    measure: 'relay, Postgres to acknowledged in Kafka',
    value: median.perSecond,
    unit: 'events/s',
    target: `>= ${TARGET_PER_SECOND}`,
    met: median.perSecond >= TARGET_PER_SECOND,
    details: { runs, events: EVENTS },
  };
}

async function lag(world: SampleWorld, pool: Pool, store: PostgresEventStore): Promise<BenchResult> {
  const runs: (LagSummary & { cores: number })[] = [];
  while (runs.length < RUNS) {
    const lags: number[] = [];
    const relay = relayOf(world, pool, timed(world.driver.producer(), lags));
    const stopPoking = store.onCommit(() => relay.poke());
    relay.start();
    await appendAtRate(store, LAG_PER_SECOND, 1);
    lags.length = 0;
    const cpu = process.cpuUsage();
    await appendAtRate(store, LAG_PER_SECOND, LAG_SECONDS);
    await published(relay, LAG_PER_SECOND * (LAG_SECONDS + 1));
    runs.push({ ...summed(lags), cores: coresSince(cpu, LAG_SECONDS) });
    stopPoking();
    await relay.stop();
  }
  const median = medianBy(runs, ({ p99 }) => p99);
  return {
    id: 'P6',
    measure: `relay lag p99 at ${LAG_PER_SECOND} events/s`,
    value: median.p99,
    unit: 'ms',
    target: `<= ${TARGET_LAG_MS}`,
    met: median.p99 <= TARGET_LAG_MS,
    details: { runs },
  };
}

/** Writes down, at each acknowledgement, how long ago the database recorded the messages. */
function timed(producer: KafkaProducer, lags: number[]): KafkaProducer {
  return {
    send: async (records) => {
      await producer.send(records);
      for (const { headers } of records) lags.push(msSince(headers[Header.time]!));
    },
    close: () => producer.close(),
  };
}

async function published(relay: Relay, count: number): Promise<void> {
  while (relay.health().published < count) {
    if (relay.health().lastError !== null) console.error(relay.health().lastError);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
