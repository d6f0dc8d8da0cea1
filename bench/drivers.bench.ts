import {
  kafkajsDriver,
  outgoingRecord,
  platformaticDriver,
  type ConsumerEvents,
  type KafkaDriver,
  type OutgoingRecord,
} from '@codex/kafka-messaging';
import { codec } from '@codex/contracts';
import { v7 as uuidv7 } from 'uuid';

import type { BenchResult } from './bench-result';
import { inSampleWorld, medianBy, round, sampleEvent, sampleTenant, type BenchServers } from './messaging/sample-world';

const DRIVERS = { kafkajs: kafkajsDriver, platformatic: platformaticDriver } as const;
const RUNS = 3;
const PRODUCED = { 20: 20_000, 500: 100_000 } as const;
const IDLE_MS = 15_000;
const IDLE_CONSUMERS = 5;

/** A rate, and the CPU of this process for one message. */
interface Rate {
  readonly perSecond: number;
  readonly microsecondsEach: number;
}
interface Figures {
  readonly driver: string;
  readonly producedBy20: Rate;
  readonly producedBy500: Rate;
  readonly consumed: Rate;
  readonly idlePercentEach: number;
  readonly memberComesMs: number;
  readonly memberGoesMs: number;
}

/** K: the two Kafka drivers through their port, side by side on the same broker. Takes about two minutes; only when named. */
export async function benchDrivers(servers: BenchServers): Promise<BenchResult[]> {
  const figures: Figures[] = [];
  for (const [name, open] of Object.entries(DRIVERS)) {
    const driver = open({ brokers: servers.kafkaBrokers, clientId: `bench-${name}` });
    figures.push(
      await inSampleWorld(servers, ({ topic, addressing }) => measure(name, driver, recordsFor(addressing), topic)),
    );
    console.log(JSON.stringify(figures.at(-1)));
  }
  return figures.map((each) => ({
    id: 'K',
    measure: `${each.driver}: messages consumed`,
    value: each.consumed.perSecond,
    unit: 'messages/s',
    target: 'for comparison',
    met: true,
    details: { ...each },
  }));
}

async function measure(
  name: string,
  driver: KafkaDriver,
  records: readonly OutgoingRecord[],
  topic: string,
): Promise<Figures> {
  // While the topic is empty, so that nothing is fetched.
  const idlePercentEach = await idle(driver, topic);
  const rebalanced = await rebalance(driver, topic);
  const producedBy20 = await median(() => produce(driver, records, 20));
  const producedBy500 = await median(() => produce(driver, records, 500));
  const total = RUNS * (PRODUCED[20] + PRODUCED[500]);
  const consumed = await median(() => consume(driver, topic, total));
  return { driver: name, producedBy20, producedBy500, consumed, idlePercentEach, ...rebalanced };
}

/** Typical events, of 500 streams, as the relay sends them. */
function recordsFor(addressing: Parameters<typeof outgoingRecord>[1]): readonly OutgoingRecord[] {
  return Array.from({ length: 500 }, () => {
    const id = uuidv7();
    const event = sampleEvent(id);
    const { schemaId, data } = codec.encode(event.type, event.data);
    const recordedAt = new Date().toISOString();
    const row = {
      kind: 'event',
      stream: `WorkItem-${id}`,
      version: 1,
      tenantId: sampleTenant,
      type: event.type,
    } as const;
    return outgoingRecord({ ...row, schemaId, data, metadata: event.metadata, recordedAt }, addressing);
  });
}

async function produce(driver: KafkaDriver, records: readonly OutgoingRecord[], size: 20 | 500): Promise<Rate> {
  const producer = driver.producer();
  await producer.send(records.slice(0, 1));
  const rate = await timed(PRODUCED[size], async () => {
    for (let sent = 0; sent < PRODUCED[size]; sent += size) {
      const from = sent % records.length;
      await producer.send(records.slice(from, from + size));
    }
  });
  await producer.close();
  return rate;
}

async function consume(driver: KafkaDriver, topic: string, count: number): Promise<Rate> {
  const consumer = driver.consumer({ group: `bench.${uuidv7()}`, topics: [topic] });
  let seen = 0;
  const assigned = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const onBatch: ConsumerEvents['onBatch'] = async (batch) => {
    if ((seen += batch.records.length) >= count) done.resolve();
    return true;
  };
  consumer.start({ ...ignoring, onBatch, onAssigned: () => assigned.resolve() });
  await assigned.promise;
  const rate = await timed(count, () => done.promise);
  await consumer.stop();
  return rate;
}

/** What one consumer costs that has nothing to do, as a share of a core. */
async function idle(driver: KafkaDriver, topic: string): Promise<number> {
  const groups = Array.from({ length: IDLE_CONSUMERS }, () => member(driver, `bench.${uuidv7()}`, topic));
  await Promise.all(groups.map(({ assigned }) => assigned(12)));
  await wait(2_000);
  const before = process.cpuUsage();
  await wait(IDLE_MS);
  const { user, system } = process.cpuUsage(before);
  await Promise.all(groups.map(({ stop }) => stop()));
  return round(((user + system) / 1000 / IDLE_MS / IDLE_CONSUMERS) * 100);
}

/** From the start of a second member until both have their share, and from its stop until the first has everything. */
async function rebalance(driver: KafkaDriver, topic: string): Promise<Pick<Figures, 'memberComesMs' | 'memberGoesMs'>> {
  const runs: { comes: number; goes: number }[] = [];
  while (runs.length < RUNS) {
    const group = `bench.${uuidv7()}`;
    const first = member(driver, group, topic);
    await first.assigned(12);
    const started = performance.now();
    const second = member(driver, group, topic);
    await Promise.all([first.assigned(6), second.assigned(6)]);
    const shared = performance.now();
    await second.stop();
    await first.assigned(12);
    runs.push({ comes: shared - started, goes: performance.now() - shared });
    await first.stop();
  }
  const { comes } = medianBy(runs, (run) => run.comes);
  const { goes } = medianBy(runs, (run) => run.goes);
  return { memberComesMs: Math.round(comes), memberGoesMs: Math.round(goes) };
}

function member(driver: KafkaDriver, group: string, topic: string) {
  const consumer = driver.consumer({ group, topics: [topic] });
  let count = 0;
  consumer.start({ ...ignoring, onAssigned: (partitions) => (count = partitions.length) });
  return {
    assigned: async (wanted: number): Promise<void> => {
      while (count !== wanted) await wait(5);
    },
    stop: () => consumer.stop(),
  };
}

const ignoring: ConsumerEvents = {
  onAssigned: () => undefined,
  onRevoked: () => undefined,
  onBatch: async () => true,
  onFetch: () => undefined,
  onFailure: (error) => console.error(error),
};

async function timed(count: number, work: () => Promise<unknown>): Promise<Rate> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: Math.round(count / seconds), microsecondsEach: round((user + system) / count) };
}

async function median(run: () => Promise<Rate>): Promise<Rate> {
  const runs: Rate[] = [];
  while (runs.length < RUNS) runs.push(await run());
  return medianBy(runs, ({ perSecond }) => perSecond);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
