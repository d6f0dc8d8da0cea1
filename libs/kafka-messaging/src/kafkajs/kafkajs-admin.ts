import { ConfigResourceTypes, type Admin, type Kafka } from 'kafkajs';

import type {
  ClusterDescription,
  KafkaAdmin,
  PartitionOffsets,
  TopicDescription,
  TopicSpec,
} from '../driver/kafka-driver';
import { classifyKafkaError, protocolErrorType } from './kafkajs-errors';

const LEADERS_TIMEOUT_MS = 15_000;
const LEADERS_POLL_MS = 50;

export class KafkajsAdmin implements KafkaAdmin {
  private connecting: Promise<Admin> | null = null;

  constructor(private readonly kafka: Kafka) {}

  ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.run(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter((topic) => !existing.has(topic.name));
      await Promise.all(missing.map((topic) => createTopic(admin, topic)));
      if (missing.length > 0) await untilLed(admin, missing);
    });
  }

  deleteTopics(topics: readonly string[]): Promise<void> {
    return this.run(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const present = topics.filter((topic) => existing.has(topic));
      if (present.length > 0) await admin.deleteTopics({ topics: present, timeout: 10_000 });
    });
  }

  describe(topics: readonly string[]): Promise<ClusterDescription> {
    return this.run(async (admin) => {
      const { clusterId } = await admin.describeCluster();
      const existing = new Set(await admin.listTopics());
      const present = topics.filter((topic) => existing.has(topic));
      return { clusterId, topics: await describeTopics(admin, present) };
    });
  }

  offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return this.run(async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      return offsets
        .map(({ partition, low, high }) => ({ partition, earliest: Number(low), latest: Number(high) }))
        .sort((a, b) => a.partition - b.partition);
    });
  }

  async close(): Promise<void> {
    const connecting = this.connecting;
    this.connecting = null;
    const admin = await connecting?.catch(() => null);
    await admin?.disconnect();
  }

  private async run<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      this.connecting ??= this.connect();
      return await work(await this.connecting);
    } catch (error) {
      throw classifyKafkaError(error);
    }
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.admin();
    try {
      await admin.connect();
      return admin;
    } catch (error) {
      this.connecting = null;
      await admin.disconnect().catch(() => undefined);
      throw error;
    }
  }
}

async function createTopic(admin: Admin, topic: TopicSpec): Promise<void> {
  const configEntries = Object.entries(topic.config ?? {}).map(([name, value]) => ({ name, value }));
  try {
    await admin.createTopics({
      waitForLeaders: false,
      timeout: 10_000,
      topics: [
        {
          topic: topic.name,
          numPartitions: topic.partitions,
          replicationFactor: topic.replicationFactor ?? -1,
          configEntries,
        },
      ],
    });
  } catch (error) {
    // Another process that starts at the same time was first.
    if (protocolErrorType(error) !== 'TOPIC_ALREADY_EXISTS') throw error;
  }
}

// kafkajs's own wait for leaders fails when it asks before the broker's metadata has the topic.
async function untilLed(admin: Admin, topics: readonly TopicSpec[]): Promise<void> {
  const deadline = Date.now() + LEADERS_TIMEOUT_MS;
  while (
    !(await haveLeaders(
      admin,
      topics.map(({ name }) => name),
    ))
  ) {
    if (Date.now() > deadline) throw new Error('the created topics have no leaders yet');
    await new Promise((resolve) => setTimeout(resolve, LEADERS_POLL_MS));
  }
}

async function haveLeaders(admin: Admin, names: string[]): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    return topics.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0));
  } catch (error) {
    if (protocolErrorType(error) === undefined) throw error;
    return false;
  }
}

async function describeTopics(admin: Admin, names: readonly string[]): Promise<TopicDescription[]> {
  if (names.length === 0) return [];
  const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({
      type: ConfigResourceTypes.TOPIC,
      name,
      configNames: ['retention.ms', 'cleanup.policy'],
    })),
  });
  return topics.map(({ name, partitions }) => {
    const entries = resources.find((resource) => resource.resourceName === name)?.configEntries ?? [];
    const config = new Map(entries.map((entry) => [entry.configName, entry.configValue]));
    return {
      name,
      topicId: topicIdOf(partitions),
      partitions: partitions.length,
      retentionMs: Number(config.get('retention.ms') ?? Number.NaN),
      cleanupPolicy: config.get('cleanup.policy') ?? '',
    };
  });
}

// Brokers before Kafka 2.8 are asked with kafkajs's own request, which does not tell.
function topicIdOf(partitions: readonly object[]): string | null {
  const [first] = partitions as readonly { readonly topicId?: string }[];
  return first?.topicId ?? null;
}
