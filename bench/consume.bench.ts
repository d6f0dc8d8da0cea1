import { eventStoreMigrations, PostgresEventStore } from '@codex/event-store-postgres';
import {
  BatchConsumer,
  inboxMigrations,
  outgoingRecord,
  type ConsumedMessage,
  type ConsumerDeclaration,
} from '@codex/kafka-messaging';
import { createPool, inTransaction, runMigrations, type Sql } from '@codex/postgres';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';

import type { BenchResult } from './bench-result';
import { msSince, relayOf, summed, type LagSummary } from './messaging/lags';
import { appendAtRate } from './messaging/open-loop';
import {
  codec,
  coresSince,
  inSampleWorld,
  medianBy,
  sampleEvent,
  sampleTenant,
  type BenchServers,
  type SampleWorld,
} from './messaging/sample-world';

const TARGET_PER_SECOND = 25_000;
const EVENTS = 100_000;
const RUNS = 3;
const VISIBLE_PER_SECOND = 1_000;
const VISIBLE_SECONDS = 8;
const TARGET_VISIBLE_MS = 50;

/** The consumer runtime's part of P5 (a rebuild) and of P2 (commit to visible), with a small set-based read model. */
export function benchConsume(servers: BenchServers): Promise<BenchResult[]> {
  return inSampleWorld(servers, async (world) => {
    const pool = createPool({ connectionString: world.databaseUrl, applicationName: 'bench-consume' });
    try {
      await runMigrations(world.databaseUrl, 'event_store.migrations', eventStoreMigrations);
      await runMigrations(world.databaseUrl, 'inbox_meta.migrations', inboxMigrations);
      await pool.query(
        `create table item (id text primary key, state text, attempt int, version int, seen_at timestamptz) with (fillfactor = 80)`,
      );
      await publish(world, EVENTS);
      return [await rebuild(world, pool), await visible(world, pool)];
    } finally {
      await pool.end();
    }
  });
}

/** Reads a topic of 100,000 events from the beginning, each run as a new group into an empty table. */
async function rebuild(world: SampleWorld, pool: Pool): Promise<BenchResult> {
  const runs: { perSecond: number; cores: number }[] = [];
  while (runs.length < RUNS) {
    await pool.query('truncate item');
    const consumer = consumerOf(world, pool, `bench.${uuidv7()}`);
    const cpu = process.cpuUsage();
    const start = performance.now();
    consumer.start();
    await processed(consumer, EVENTS);
    const seconds = (performance.now() - start) / 1000;
    runs.push({ perSecond: Math.round(EVENTS / seconds), cores: coresSince(cpu, seconds) });
    await consumer.stop();
  }
  const median = medianBy(runs, ({ perSecond }) => perSecond);
  return {
    id: 'P5',
    measure: 'consumer runtime: Kafka to a current-state table in Postgres',
    value: median.perSecond,
    unit: 'events/s',
    target: `>= ${TARGET_PER_SECOND}`,
    met: median.perSecond >= TARGET_PER_SECOND,
    details: { runs, events: EVENTS },
  };
}

/** Store, relay, Kafka and consumer in one process: from the database's time of recording to after the commit. */
async function visible(world: SampleWorld, pool: Pool): Promise<BenchResult> {
  const store = new PostgresEventStore({ pool, codec });
  const lags: number[] = [];
  const relay = relayOf(world, pool);
  store.onCommit(() => relay.poke());
  const consumer = consumerOf(world, pool, `bench.${uuidv7()}`, (messages) => {
    for (const { recordedAt } of messages) lags.push(msSince(recordedAt));
  });
  consumer.start();
  await processed(consumer, EVENTS);
  relay.start();
  await appendAtRate(store, VISIBLE_PER_SECOND, 1);
  await processed(consumer, EVENTS + VISIBLE_PER_SECOND);
  lags.length = 0;
  const runs: LagSummary[] = [];
  while (runs.length < RUNS) {
    await appendAtRate(store, VISIBLE_PER_SECOND, VISIBLE_SECONDS);
    await processed(consumer, EVENTS + VISIBLE_PER_SECOND * (1 + VISIBLE_SECONDS * (runs.length + 1)));
    runs.push(summed(lags));
  }
  await relay.stop();
  await consumer.stop();
  const median = medianBy(runs, ({ p99 }) => p99);
  return {
    id: 'P2',
    measure: `bare path: append to visible, p99 at ${VISIBLE_PER_SECOND} events/s`,
    value: median.p99,
    unit: 'ms',
    target: `<= ${TARGET_VISIBLE_MS}`,
    met: median.p99 <= TARGET_VISIBLE_MS,
    details: { runs },
  };
}

function consumerOf(
  world: SampleWorld,
  pool: Pool,
  group: string,
  committed: (messages: readonly ConsumedMessage[]) => void = () => undefined,
): BatchConsumer {
  const declaration: ConsumerDeclaration = {
    group,
    topics: [world.topic],
    handles: 'all',
    guard: true,
    transaction: (work) => inTransaction(pool, work),
    handle: async (messages, tx) => {
      await upsert(messages, tx);
      return () => committed(messages);
    },
  };
  return new BatchConsumer(declaration, { driver: world.driver, codec });
}

async function upsert(messages: readonly ConsumedMessage[], tx: Sql): Promise<void> {
  const last = new Map(messages.map((message) => [message.stream, message]));
  const rows = [...last.values()] as readonly ConsumedMessage<{ newState: string; attempt: number }>[];
  await tx.query({
    name: 'bench-upsert',
    text: `insert into item select *, now() from unnest($1::text[], $2::text[], $3::int[], $4::int[])
           on conflict (id) do update set state = excluded.state, attempt = excluded.attempt, version = excluded.version,
             seen_at = excluded.seen_at`,
    values: [
      rows.map(({ stream }) => stream),
      rows.map(({ data }) => data.newState),
      rows.map(({ data }) => data.attempt),
      rows.map(({ version }) => version),
    ],
  });
}

/** Histories of ten events a stream, produced without a store. */
async function publish({ driver, addressing }: SampleWorld, events: number): Promise<void> {
  const producer = driver.producer();
  const perStream = 10;
  for (let done = 0; done < events; done += 500) {
    const streams = Array.from({ length: 500 / perStream }, () => uuidv7());
    const records = Array.from({ length: perStream }, (_, i) =>
      streams.map((id) => {
        const { type, data, metadata } = sampleEvent(id);
        const encoded = codec.encode(type, data);
        const recordedAt = new Date().toISOString();
        const row = {
          kind: 'event',
          stream: `WorkItem-${id}`,
          version: i + 1,
          tenantId: sampleTenant,
          type,
          metadata,
          recordedAt,
        } as const;
        return outgoingRecord({ ...row, ...encoded }, addressing);
      }),
    );
    await producer.send(records.flat());
  }
  await producer.close();
}

async function processed(consumer: BatchConsumer, count: number): Promise<void> {
  while (consumer.health().processed < count) await new Promise((resolve) => setTimeout(resolve, 5));
}
