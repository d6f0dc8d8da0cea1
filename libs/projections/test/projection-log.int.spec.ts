import type { KafkaAdmin, KafkaDriver } from '@codex/kafka-messaging';
import { readProjectionLog } from '../src/projection-log';
import { generationGroup } from '../src';
import { countersProjection, createWorld, type World } from './projection-world';

describe('the log as a generation sees it', () => {
  let world: World;

  beforeEach(async () => {
    world = await createWorld('projection_log', 1);
  });

  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('is not taken for a shorter one because the generation went on while Kafka answered', async () => {
    const counters = countersProjection(world.topic);
    await processed(10);
    // The answer is 10, and what arrives right behind it is processed before anybody looks at the answer.
    const offsets: KafkaAdmin['offsets'] = async () => {
      await world.pool.query('update inbox.offsets set next_offset = 15');
      return [{ partition: 0, earliest: 0, latest: 10 }];
    };
    expect((await readProjectionLog(at(offsets), counters, 1)).replaced).toBe(false);
  });

  it('is one that ends below what the generation processed', async () => {
    const counters = countersProjection(world.topic);
    await processed(10);
    const offsets: KafkaAdmin['offsets'] = async () => [{ partition: 0, earliest: 0, latest: 9 }];
    expect((await readProjectionLog(at(offsets), counters, 1)).replaced).toBe(true);
  });

  async function processed(nextOffset: number): Promise<void> {
    await world.pool.query(
      `insert into inbox.offsets (consumer_group, topic, partition, next_offset, epoch, owner)
       values ($1, $2, 0, $3, 1, 'spec')`,
      [generationGroup('counters', 1), world.topic, nextOffset],
    );
  }

  function at(offsets: KafkaAdmin['offsets']) {
    const topic = { name: world.topic, topicId: null, partitions: 1, retentionMs: -1, cleanupPolicy: 'delete' };
    const admin = {
      describe: async () => ({ clusterId: 'spec', topics: [topic] }),
      offsets,
      close: async () => undefined,
    };
    return { pool: world.pool, driver: { admin: () => admin } as unknown as KafkaDriver };
  }
});
