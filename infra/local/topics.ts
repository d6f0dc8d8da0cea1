import { type Admin, ConfigResourceTypes, Kafka, logLevel, type RetryOptions } from 'kafkajs';
import { waitUntil } from './deadline';

const LEADERS_TIMEOUT_MS = 20_000;

/** A line of the topic catalogue. */
export interface TopicSettings {
  readonly name: string;
  readonly partitions: number;
  /** Kafka's own names and values, such as retention.ms. */
  readonly config: Readonly<Record<string, string>>;
}

/**
 * Creates the topics that are missing and compares the others with the catalogue. Safe to call again and at the same
 * time. Rejects when partitions or settings (retention, clean-up) of an existing topic differ: the partition of a key is
 * fixed for the life of a topic, and a log that forgets cannot be replayed, so neither is mended silently.
 */
export async function ensureTopics(brokers: readonly string[], catalogue: readonly TopicSettings[]): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const missing = catalogue.filter(({ name }) => !existing.has(name));
    if (missing.length > 0) await create(admin, missing);
    const differences = await compare(
      admin,
      catalogue.filter((wanted) => existing.has(wanted.name)),
    );
    if (differences.length > 0) throw new Error(`topics differ from the catalogue: ${differences.join('; ')}`);
  });
}

/** Deletes those of the topics that exist, and resolves when they are gone. */
export async function deleteTopics(brokers: readonly string[], topics: readonly string[]): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const doomed = topics.filter((topic) => existing.has(topic));
    if (doomed.length > 0) await admin.deleteTopics({ topics: doomed });
  });
}

/**
 * A broker that has just started, or never had a consumer group, refuses the first consumers while it creates or loads
 * its own topics. This resolves when it has done so, or after a few seconds: consumers try again by themselves.
 */
export async function warmUpGroups(brokers: readonly string[], topic: string): Promise<void> {
  const ask = async (admin: Admin): Promise<void> => {
    await admin.fetchOffsets({ groupId: 'local.warm-up', topics: [topic] });
  };
  await withAdmin(brokers, ask, IMPATIENT).catch(() => undefined);
}

const PATIENT = { initialRetryTime: 100, maxRetryTime: 2000, retries: 12 } as const;
const IMPATIENT = { initialRetryTime: 100, maxRetryTime: 500, retries: 6 } as const;

async function withAdmin(
  brokers: readonly string[],
  work: (admin: Admin) => Promise<void>,
  retry: RetryOptions = PATIENT,
): Promise<void> {
  const kafka = new Kafka({ clientId: 'local-topics', brokers: [...brokers], logLevel: logLevel.NOTHING, retry });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Somebody else may create the same ones meanwhile, which is as good. kafkajs's own wait for leaders gives up too early. */
async function create(admin: Admin, topics: readonly TopicSettings[]): Promise<void> {
  await admin.createTopics({
    waitForLeaders: false,
    topics: topics.map(({ name, partitions, config }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor: -1,
      configEntries: Object.entries(config).map(([setting, value]) => ({ name: setting, value })),
    })),
  });
  const names = topics.map(({ name }) => name);
  if (!(await waitUntil(() => haveLeaders(admin, names), LEADERS_TIMEOUT_MS))) {
    throw new Error(`no leaders for ${names.join(', ')} after ${LEADERS_TIMEOUT_MS / 1000} s`);
  }
}

async function haveLeaders(admin: Admin, names: string[]): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    return topics.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0));
  } catch {
    return false;
  }
}

async function compare(admin: Admin, wanted: readonly TopicSettings[]): Promise<readonly string[]> {
  if (wanted.length === 0) return [];
  const { topics } = await admin.fetchTopicMetadata({ topics: wanted.map(({ name }) => name) });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: wanted.map(({ name, config }) => ({
      type: ConfigResourceTypes.TOPIC,
      name,
      configNames: Object.keys(config),
    })),
  });
  return wanted.flatMap(({ name, partitions, config }) => {
    const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
    const found = Object.entries(config).map(([setting, should]) => ({
      what: setting,
      is: entries.find(({ configName }) => configName === setting)?.configValue,
      should,
    }));
    const count = topics.find((one) => one.name === name)?.partitions.length;
    return [{ what: 'partitions', is: String(count), should: String(partitions) }, ...found]
      .filter(({ is, should }) => is !== should)
      .map(({ what, is, should }) => `${name} has ${what} ${is}, not ${should}`);
  });
}
