import type { MessageCodec } from '@codex/event-sourcing';
import { createPool, inTransaction, runMigrations } from '@codex/postgres';
import { createTestDatabase, createTestTopics, eventually, serverAddresses, type TestDatabase } from '@codex/testing';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';

import { inboxMigrations } from '../inbox/inbox.migrations';
import { kafkajsDriver } from '../kafkajs/kafkajs-driver';
import { outgoingRecord, type PublishableMessage } from '../record/outgoing-message';
import { withBriefWaits } from '../testing/brief-waits';
import { BatchConsumer } from './batch-consumer';
import type { ConsumerDeclaration } from './consumer-declaration';

const driver = withBriefWaits(
  kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'replay-end-spec', tls: false }),
);
const codec: MessageCodec = {
  encode: (_type, data) => ({ schemaId: 1, data: Buffer.from(JSON.stringify(data)) }),
  decode: (_schemaId, data) => ({ type: 'Counted', data: JSON.parse(data.toString()) }),
};
const PARTITIONS = 3;

describe('a consumer with an end', () => {
  let database: TestDatabase;
  let pool: Pool;
  let topics: Awaited<ReturnType<typeof createTestTopics<'counts'>>>;
  let ends: Map<number, number>;

  beforeAll(async () => {
    database = await createTestDatabase('replay_end');
    pool = createPool({ connectionString: database.url, applicationName: 'replay-end-spec' });
    await runMigrations(pool, 'inbox_meta.migrations', inboxMigrations);
    topics = await createTestTopics(['counts'], { partitions: PARTITIONS });
    await publish(range(0, 60));
    ends = await latestOffsets();
    await publish(range(60, 90));
  });

  afterAll(async () => {
    await pool.end();
    await Promise.all([database.dispose(), topics.dispose()]);
  });

  it('takes nothing at or above it, and says when everything below is stored', async () => {
    const seen: number[] = [];
    const consumer = bounded('below', (_topic, partition) => ends.get(partition), seen);
    consumer.start();
    await consumer.reachedEnd();
    expect(await storedOffsets('below')).toEqual(ends);
    await publish(range(90, 100));
    await fetchesAgain(consumer);
    expect(seen.toSorted((a, b) => a - b)).toEqual(range(0, 60));
    expect(await storedOffsets('below')).toEqual(ends);
    await consumer.stop();
  });

  it('has reached it at once when all of it is stored already, or when it is 0', async () => {
    const seen: number[] = [];
    const replays: Record<string, ConsumerDeclaration['end']> = {
      below: (_topic, partition) => ends.get(partition),
      zero: () => 0,
    };
    for (const [group, end] of Object.entries(replays)) {
      const consumer = bounded(group, end, seen);
      consumer.start();
      await consumer.reachedEnd();
      await consumer.stop();
    }
    expect(seen).toEqual([]);
  });

  it('goes on from the stored offsets to a further end, also after waits for the database', async () => {
    const seen: number[] = [];
    const further = await latestOffsets();
    let failures = 2;
    const consumer = bounded(
      'below',
      (_topic, partition) => further.get(partition),
      seen,
      () => {
        if (failures-- > 0) throw Object.assign(new Error('connection lost'), { syscall: 'read' });
      },
    );
    consumer.start();
    await consumer.reachedEnd();
    expect(await storedOffsets('below')).toEqual(further);
    expect(new Set(seen)).toEqual(new Set(range(60, 100)));
    await consumer.stop();
  });

  it('rejects when it is stopped before', async () => {
    const consumer = bounded('stopped', () => 1_000_000, []);
    consumer.start();
    const outcome = expect(consumer.reachedEnd()).rejects.toThrow('stopped before its end');
    await consumer.stop();
    await outcome;
  });

  function bounded(name: string, end: ConsumerDeclaration['end'], seen: number[], trouble = () => {}): BatchConsumer {
    const declaration: ConsumerDeclaration = {
      group: groupOf(name),
      topics: [topics.topics.counts],
      handles: 'all',
      guard: true,
      ...(end === undefined ? {} : { end }),
      maxMessages: 7,
      failure: undefined,
      transaction: (work) => inTransaction(pool, work),
      handle: async (messages) => {
        trouble();
        seen.push(...messages.map(({ data }) => (data as { n: number }).n));
      },
    };
    return new BatchConsumer(declaration, { driver, codec });
  }

  const groupOf = (name: string): string => `${name}.${topics.topics.counts}`;

  async function storedOffsets(name: string): Promise<Map<number, number>> {
    const { rows } = await pool.query<{ partition: number; next_offset: string }>(
      'select partition, next_offset from inbox.offsets where consumer_group = $1 order by 1',
      [groupOf(name)],
    );
    return new Map(rows.map((row) => [row.partition, Number(row.next_offset)]));
  }

  async function latestOffsets(): Promise<Map<number, number>> {
    const admin = driver.admin();
    const offsets = await admin.offsets(topics.topics.counts);
    await admin.close();
    return new Map(offsets.toSorted((a, b) => a.partition - b.partition).map((each) => [each.partition, each.latest]));
  }

  async function publish(numbers: readonly number[]): Promise<void> {
    const producer = driver.producer();
    const addressing = { topicOf: () => topics.topics.counts, source: 'spec', schemaNameOf: () => 'spec.Counted' };
    await producer.send(numbers.map((n) => outgoingRecord(counted(n), addressing)));
    await producer.close();
  }
});

async function fetchesAgain(consumer: BatchConsumer): Promise<void> {
  // The first of these may have been asked for before.
  for (let fetch = 0; fetch < 2; fetch++) {
    const before = consumer.health().lastFetchAt ?? 0;
    await eventually(() => (consumer.health().lastFetchAt ?? 0) > before);
  }
}

function counted(n: number): PublishableMessage {
  const metadata = { messageId: uuidv7(), commandId: 'c', correlationId: 'c', causationId: 'c', actor: 'spec' };
  const { schemaId, data } = codec.encode('Counted', { n });
  const recordedAt = new Date().toISOString();
  const stream = `Count-${uuidv7()}`;
  return { kind: 'event', stream, version: 1, tenantId: 't', type: 'Counted', schemaId, data, metadata, recordedAt };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
