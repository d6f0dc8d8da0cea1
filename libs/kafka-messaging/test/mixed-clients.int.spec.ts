import { randomUUID } from 'node:crypto';

import { kafkajsDriver, partitionOf, platformaticDriver, type KafkaDriver } from '@codex/kafka-messaging';
import { BRIEF_WAITS, RecordingConsumer } from '@codex/kafka-messaging/testing';
import { createTestTopics, eventually, serverAddresses, type TestTopics } from '@codex/testing';

const PARTITIONS = 4;

describe('a group with members of both clients', () => {
  const connection = { brokers: serverAddresses().kafkaBrokers, clientId: 'mixed-clients' };
  const drivers = { kafkajs: kafkajsDriver(connection), platformatic: platformaticDriver(connection) };
  let topics: TestTopics<'events'>;
  const consumers: RecordingConsumer[] = [];

  beforeEach(async () => {
    topics = await createTestTopics(['events'], { partitions: PARTITIONS });
  });
  afterEach(async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
    await topics.dispose();
  });

  const join = (driver: KafkaDriver, group: string): RecordingConsumer => {
    const consumer = new RecordingConsumer(driver, {
      group,
      topics: [topics.topics.events],
      ...BRIEF_WAITS,
    });
    consumers.push(consumer);
    return consumer;
  };
  const until = (condition: () => boolean): Promise<unknown> => eventually(condition);

  // The first member leads: it computes everybody's assignment in its own encoding.
  it.each([
    ['kafkajs', 'platformatic'],
    ['platformatic', 'kafkajs'],
  ] as const)(
    'is led by %s, shared with %s, and handed over whole, from where the other one stood',
    async (first, second) => {
      const topic = topics.topics.events;
      const group = `mixed.${randomUUID()}`;
      const old = join(drivers[first], group);
      await until(() => old.assigned.length === PARTITIONS);
      const successor = join(drivers[second], group);
      await until(() => old.assigned.length === PARTITIONS / 2 && successor.assigned.length === PARTITIONS / 2);

      const producer = drivers[first].producer();
      const records = Array.from({ length: 40 }, (_, i) => ({ topic, key: `k${i}`, value: null, headers: {} }));
      await producer.send(records);
      await producer.close();
      await until(() => old.records.length + successor.records.length === 40);
      const seen = [...old.records, ...successor.records].map(({ key, partition }) => [String(key), partition]);
      expect(new Map(seen as [string, number][])).toEqual(
        new Map(records.map(({ key }) => [key, partitionOf(key, PARTITIONS)])),
      );

      const partition = old.assigned[0]!.partition;
      const offset = old.offsetsOf(partition).length - 1;
      await old.consumer.commitOffsets([{ topic, partition, offset }]);
      const before = successor.offsetsOf(partition).length;
      await old.stop();
      await until(() => successor.assigned.length === PARTITIONS);
      await until(() => successor.offsetsOf(partition).length > before);
      expect(successor.offsetsOf(partition).slice(before)).toEqual([offset]);
    },
  );
});
