import { randomBytes } from 'node:crypto';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { eventually } from './eventually';
import { serverAddresses } from './server-addresses';

export interface TestTopicSettings {
  /** Default 1. */
  readonly partitions?: number;
  /** Default -1: for ever. */
  readonly retentionMs?: number;
}

export interface TestTopics<Name extends string> extends AsyncDisposable {
  /** The unique topic that stands for each name. */
  readonly topics: Readonly<Record<Name, string>>;
  /** Deletes the topics; safe to call twice. */
  dispose(): Promise<void>;
}

/**
 * Creates a topic with a unique name for each of the names, with leaders elected, on the servers of this run.
 * Use unique consumer groups too: group ids are not covered.
 */
export async function createTestTopics<Name extends string>(
  names: readonly Name[],
  { partitions = 1, retentionMs = -1 }: TestTopicSettings = {},
): Promise<TestTopics<Name>> {
  const suffix = randomBytes(6).toString('hex');
  const topics = Object.fromEntries(names.map((name) => [name, `${name}.${suffix}`])) as Record<Name, string>;
  const all: string[] = Object.values(topics);
  await withAdmin(async (admin) => {
    await admin.createTopics({
      waitForLeaders: false,
      topics: all.map((topic) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: -1,
        configEntries: [{ name: 'retention.ms', value: String(retentionMs) }],
      })),
    });
    await eventually(() => haveLeaders(admin, all), { description: 'leaders of the new topics' });
  });
  let disposed: Promise<void> | undefined;
  const dispose = (): Promise<void> => (disposed ??= withAdmin((admin) => admin.deleteTopics({ topics: all })));
  return { topics, dispose, [Symbol.asyncDispose]: dispose };
}

/** kafkajs's own wait gives up when the broker does not know a topic yet that it has just accepted. */
async function haveLeaders(admin: Admin, names: string[]): Promise<boolean> {
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  return topics.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0));
}

async function withAdmin(work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const brokers = [...serverAddresses().kafkaBrokers];
  const admin = new Kafka({ clientId: 'test-topics', brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}
