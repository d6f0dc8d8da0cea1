import { kafkajsDriver, readLog, type OutgoingRecord } from '@codex/kafka-messaging';
import { createTestTopics, eventually, serverAddresses } from '@codex/testing';
import { rebuild, TopicNotFilled, type Projection, type ProjectionHost } from '../src';
import { additions, countersProjection, createWorld, logProjection, type World } from './projection-world';

const driver = kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'moved-topic', tls: false });

describe('read models of a topic that was moved', () => {
  let world: World;
  let made: Awaited<ReturnType<typeof createTestTopics<'spec.events.v1'>>>;
  let topic: string;
  let host: ProjectionHost;
  let records: readonly OutgoingRecord[];

  beforeEach(async () => {
    [world, made] = await Promise.all([
      createWorld('moved'),
      createTestTopics(['spec.events.v1'] as const, { partitions: 5 }),
    ]);
    topic = made.topics['spec.events.v1'];
    const before = await world.host(projectionsOf(world.topic));
    await world.publish(additions(3_000, 30));
    await counted(3_000);
    await before.stop();
    records = (await recordsOf(world.topic)).map((record) => ({ ...record, topic }));
  });

  afterEach(async () => {
    await world[Symbol.asyncDispose]();
    await made.dispose();
  });

  it('go on without a repetition, and their rebuilds end equal', async () => {
    await send(records);
    host = await world.host(projectionsOf(topic));
    for (const projection of projectionsOf(topic)) {
      expect(await rebuilt(projection)).toMatchObject({
        ...{ generation: 2, swapped: true },
        report: { equal: true, logReplaced: false, differences: [], parked: [] },
      });
    }
    await counted(3_000);
    const { rows } = await world.pool.query('select 1 from inbox.dead_letters');
    expect(rows).toEqual([]);
  });

  it('are not compared while the new topic does not hold everything', async () => {
    await send(records.slice(0, 2_000));
    host = await world.host(projectionsOf(topic));
    const [counters] = projectionsOf(topic);
    await expect(rebuilt(counters!)).rejects.toThrow(TopicNotFilled);
    await send(records.slice(2_000));
    expect(await rebuilt(counters!)).toMatchObject({ swapped: true, report: { equal: true, differences: [] } });
    await counted(3_000);
  });

  const projectionsOf = (from: string): readonly Projection[] => [countersProjection(from), logProjection(from)];

  function rebuilt(projection: Projection) {
    const { pool } = world;
    const signal = new AbortController().signal;
    return rebuild({ pool, registry: host.registry, feeder: host, signal }, projection);
  }

  function counted(events: number): Promise<unknown> {
    return eventually(async () => {
      const { rows } = await world.pool.query(
        'select (select sum(version)::int from spec.counters) as folded, (select count(*)::int from spec.log) as logged',
      );
      expect(rows).toEqual([{ folded: events, logged: events }]);
    });
  }

  async function recordsOf(from: string): Promise<readonly OutgoingRecord[]> {
    const found: OutgoingRecord[] = [];
    await readLog({
      ...{ driver, topics: [from], groupPrefix: 'moved-topic' },
      onRecords: ({ records: read }) => {
        for (const { key, value, headers } of read) {
          const texts = Object.entries(headers).map(([name, text]) => [name, String(text)]);
          found.push({ topic: from, key: String(key), value: value!, headers: Object.fromEntries(texts) });
        }
      },
    });
    return found;
  }

  async function send(all: readonly OutgoingRecord[]): Promise<void> {
    const producer = driver.producer();
    for (let from = 0; from < all.length; from += 500) await producer.send(all.slice(from, from + 500));
    await producer.close();
  }
});
