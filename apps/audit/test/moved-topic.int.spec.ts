import { codec } from '@codex/contracts';
import { BatchConsumer, inboxMigrations, kafkajsDriver, outgoingRecord } from '@codex/kafka-messaging';
import { createPool, runMigrations } from '@codex/postgres';
import { createTestDatabase, createTestTopics, eventually, serverAddresses } from '@codex/testing';
import { v7 as uuidv7 } from 'uuid';
import { auditConsumer } from '../src/messaging/audit.consumer';
import { auditMigrations } from '../src/persistence/audit.migrations';
import { event } from './audit-world';

const driver = kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'audit-moved', tls: false });
const NAME = 'project.events.v1';

it('the audit record has every event once, and no gap, after a topic was moved', async () => {
  await using former = await createTestTopics([NAME], { partitions: 3 });
  await using moved = await createTestTopics([NAME], { partitions: 5 });
  await using database = await createTestDatabase('audit');
  const pool = createPool({ connectionString: database.url, applicationName: 'audit-moved' });
  await runMigrations(pool, 'audit_meta.migrations', [...inboxMigrations, ...auditMigrations]);
  const producer = driver.producer();
  const streams = Array.from({ length: 20 }, () => `Project-${uuidv7()}`);
  const history = Array.from({ length: 15 }, (_, index) =>
    streams.map((stream) => event({ stream, version: index + 1 })),
  ).flat();

  const publish = (messages: typeof history, topic: string): Promise<void> =>
    producer.send(
      messages.map(({ raw: data, id: messageId, actor, correlationId, causationId, commandId, ...message }) => {
        const metadata = { messageId, actor, correlationId, causationId, commandId };
        const addressing = { topicOf: () => topic, source: 'project', schemaNameOf: () => 'spec' };
        return outgoingRecord({ ...message, data, metadata }, addressing);
      }),
    );
  const start = (topic: string): BatchConsumer => {
    const consumer = new BatchConsumer(auditConsumer(pool, [topic]), { driver, codec, sessionTimeoutMs: 6_000 });
    consumer.start();
    return consumer;
  };
  const recorded = (count: number): Promise<unknown> =>
    eventually(
      async () => {
        const { rows } = await pool.query(
          `select count(*)::int as records, max(index)::int - min(index)::int + 1 as span,
             count(distinct message_id)::int as messages from audit.records`,
        );
        expect(rows).toEqual([{ records: count, span: count, messages: count }]);
      },
      { timeoutMs: 30_000 },
    );

  await publish(history.slice(0, 200), former.topics[NAME]);
  const before = start(former.topics[NAME]);
  await recorded(200);
  await before.stop();
  // The copy, which repeats some, and what came since.
  await publish(history.slice(0, 200), moved.topics[NAME]);
  await publish(history.slice(150), moved.topics[NAME]);
  const after = start(moved.topics[NAME]);
  await recorded(300);
  await Promise.all([after.stop(), producer.close()]);
  const parked = await pool.query('select 1 from inbox.dead_letters');
  expect(parked.rows).toEqual([]);
  await pool.end();
});
