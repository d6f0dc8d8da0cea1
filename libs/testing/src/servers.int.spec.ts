import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { eventually } from './eventually';
import { createTestDatabase } from './test-database';
import { createTestTopics } from './test-topics';
import { serverAddresses } from './server-addresses';

describe('test databases', () => {
  it('are empty, writable and gone after use, also when a connection was forgotten', async () => {
    const database = await createTestDatabase();
    const forgotten = new Client({ connectionString: database.url });
    forgotten.on('error', () => undefined);
    await forgotten.connect();
    await forgotten.query('create table t (x int)');
    await database.dispose();
    await database.dispose();
    const again = new Client({ connectionString: database.url });
    await expect(again.connect()).rejects.toThrow('does not exist');
  });
});

describe('test topics', () => {
  const admin = new Kafka({ brokers: [...serverAddresses().kafkaBrokers], logLevel: logLevel.NOTHING }).admin();
  beforeAll(() => admin.connect());
  afterAll(() => admin.disconnect());

  it('have names of their own and the wanted partitions, and are gone after use', async () => {
    const [one, other] = await Promise.all([createTestTopics(['a', 'b'], { partitions: 3 }), createTestTopics(['a'])]);
    expect(one.topics.a).not.toBe(other.topics.a);
    const { topics } = await admin.fetchTopicMetadata({ topics: Object.values(one.topics) });
    expect(topics.map(({ partitions }) => partitions.length)).toEqual([3, 3]);
    await Promise.all([one.dispose(), other.dispose()]);
    const mine = [...Object.values(one.topics), other.topics.a];
    const left = async () => (await admin.listTopics()).filter((name) => mine.includes(name));
    await eventually(async () => expect(await left()).toEqual([]));
  });
});
