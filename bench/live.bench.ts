import { topicCatalogue } from '@codex/contracts';
import { kafkajsDriver } from '@codex/kafka-messaging';
import { newId } from '@codex/event-sourcing';
import type { BenchResult } from './bench-result';
import { startFront, type Front } from './front/front';
import { openReadModels } from './front/read-models';
import { followEvents, subscribeToChanges, type Hear } from './live/followers';
import { startEventWriter, type EventWriter } from './live/event-writer';
import { Latencies, median } from './load';
import { sampleEvent } from './messaging/sample-world';
import { createDatabase, dropDatabase } from './scratch-database';
import type { BenchEnvironment } from './bench-environment';

const RATE = 1_000;
const FOLLOWERS = 5;
const SECONDS = 8;
const WARM_UP_SECONDS = 5;
const ROUNDS = 3;
const TARGET_MS = 50;
const PATIENCE_MS = 30_000;
const ITEM = /WorkItem-([0-9a-f-]{36})|"workItemId":"([0-9a-f-]{36})"/g;

type Follow = (front: Front, hear: Hear) => Promise<() => void>;

/** P4: from the acknowledged append to the client of a live stream, through the gateway, with several clients. */
export async function benchLive(environment: BenchEnvironment): Promise<BenchResult[]> {
  const { databaseUrl, kafkaBrokers } = environment;
  const [readDatabaseUrl, storeUrl] = [
    await createDatabase(databaseUrl, 'bench_live_read'),
    await createDatabase(databaseUrl, 'bench_live_store'),
  ];
  await ensureTopics(kafkaBrokers);
  const readModels = await openReadModels(readDatabaseUrl);
  await readModels.end();
  const front = await startFront({ readDatabaseUrl, kafkaBrokers });
  const writer = await startEventWriter(storeUrl, environment);
  try {
    return [
      await measure(front, writer, { follow: followEvents, name: 'SSE' }),
      await measure(front, writer, { follow: subscribeToChanges, name: 'WebSocket' }),
    ];
  } finally {
    await writer.stop();
    await front.stop();
    for (const url of [readDatabaseUrl, storeUrl]) await dropDatabase(databaseUrl, url);
  }
}

async function ensureTopics(brokers: readonly string[]): Promise<void> {
  const admin = kafkajsDriver({ brokers, clientId: 'bench-live' }).admin();
  await admin.ensureTopics(topicCatalogue.filter(({ kind }) => kind === 'event'));
  await admin.close();
}

async function measure(
  front: Front,
  writer: EventWriter,
  { follow, name }: { readonly follow: Follow; readonly name: string },
): Promise<BenchResult> {
  const waiting = new Map<string, number>();
  let latencies = new Latencies();
  const watch: Hear = (text) => {
    const now = performance.now();
    for (const [, stream, field] of text.matchAll(ITEM)) {
      const id = stream ?? field!;
      const appendedAt = waiting.get(id);
      if (appendedAt === undefined) continue;
      // The stream may be faster than the answer to the append.
      latencies.add(Math.max(0, now - appendedAt));
      waiting.delete(id);
    }
  };
  const hears: Hear[] = [watch, ...Array.from({ length: FOLLOWERS - 1 }, () => () => undefined)];
  const leave = await Promise.all(hears.map((hear) => follow(front, hear)));
  await append(writer, front.tenantId, { seconds: WARM_UP_SECONDS, waiting });
  await untilSeen(waiting);
  const rounds = [];
  while (rounds.length < ROUNDS) {
    latencies = new Latencies();
    const before = [front.gateway.cpuSeconds(), front.queryApi.cpuSeconds()] as const;
    await append(writer, front.tenantId, { seconds: SECONDS, waiting });
    await untilSeen(waiting);
    const cores = {
      gateway: (front.gateway.cpuSeconds() - before[0]) / SECONDS,
      queryApi: (front.queryApi.cpuSeconds() - before[1]) / SECONDS,
    };
    rounds.push({ ...latencies.summary(), cores });
  }
  leave.forEach((end) => end());
  const p99 = median(rounds.map(({ p99Ms }) => p99Ms));
  return {
    ...{
      id: 'P4',
      measure: `append to ${name}, ${FOLLOWERS} clients, p99 at ${RATE} events/s`,
      value: p99,
      unit: 'ms',
    },
    ...{ target: `<= ${TARGET_MS} ms`, met: p99 <= TARGET_MS, details: { rounds } },
  };
}

async function append(
  { store }: EventWriter,
  tenantId: string,
  { seconds, waiting }: { readonly seconds: number; readonly waiting: Map<string, number> },
): Promise<void> {
  const appends: Promise<void>[] = [];
  const startedAt = performance.now();
  for (const total = RATE * seconds; appends.length < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1000) * RATE));
    while (appends.length < due) appends.push(appendOne(store, tenantId, waiting));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(appends);
}

async function appendOne(store: EventWriter['store'], tenantId: string, waiting: Map<string, number>): Promise<void> {
  const id = newId();
  waiting.set(id, Number.POSITIVE_INFINITY);
  const event = sampleEvent(id);
  const streams = [{ stream: `WorkItem-${id}`, tenantId, expectedVersion: 0, events: [event] }];
  await store.append({ commandId: event.metadata.commandId, streams });
  if (waiting.has(id)) waiting.set(id, performance.now());
}

async function untilSeen(waiting: ReadonlyMap<string, number>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (waiting.size > 0) {
    if (performance.now() > deadline) throw new Error(`${waiting.size} events were not seen on the stream`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
