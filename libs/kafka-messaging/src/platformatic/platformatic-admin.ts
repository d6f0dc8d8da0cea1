import { Admin, type BaseOptions, ConfigResourceTypes, ListOffsetTimestamps } from '@platformatic/kafka';

import type {
  ClusterDescription,
  KafkaAdmin,
  PartitionOffsets,
  TopicDescription,
  TopicSpec,
} from '../driver/kafka-driver';
import { classifyPlatformaticError, partialListing, protocolErrorOf } from './platformatic-errors';

const LEADERS_TIMEOUT_MS = 15_000;
const LEADERS_POLL_MS = 50;

export class PlatformaticAdmin implements KafkaAdmin {
  private readonly admin: Admin;

  constructor(options: BaseOptions) {
    this.admin = new Admin(options);
  }

  ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    return classified(async () => {
      const existing = await this.existing();
      const missing = topics.filter((topic) => !existing.has(topic.name));
      await Promise.all(missing.map((topic) => this.createTopic(topic)));
      if (missing.length > 0) await this.untilLed(missing.map(({ name }) => name));
    });
  }

  deleteTopics(topics: readonly string[]): Promise<void> {
    return classified(async () => {
      const present = await this.present(topics);
      if (present.length > 0) await this.admin.deleteTopics({ topics: present });
    });
  }

  describe(topics: readonly string[]): Promise<ClusterDescription> {
    return classified(async () => {
      const present = await this.present(topics);
      const { id, topics: described } = await this.admin.metadata({ topics: present, forceUpdate: true });
      const configs = await this.configsOf(present);
      return {
        clusterId: id,
        topics: present.map((name) => describeTopic(name, described.get(name)!, configs.get(name))),
      };
    });
  }

  offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return classified(async () => {
      const { topics } = await this.admin.metadata({ topics: [topic], forceUpdate: true });
      const count = topics.get(topic)!.partitionsCount;
      const [earliest, latest] = await Promise.all([
        this.listOffsets(topic, count, ListOffsetTimestamps.EARLIEST),
        this.listOffsets(topic, count, ListOffsetTimestamps.LATEST),
      ]);
      return Array.from({ length: count }, (_, partition) => ({
        partition,
        earliest: earliest.get(partition)!,
        latest: latest.get(partition)!,
      }));
    });
  }

  async close(): Promise<void> {
    await this.admin.close().catch(() => undefined);
  }

  private async present(topics: readonly string[]): Promise<string[]> {
    const existing = await this.existing();
    return topics.filter((topic) => existing.has(topic));
  }

  private async existing(): Promise<ReadonlySet<string>> {
    try {
      return new Set(await this.admin.listTopics());
    } catch (error) {
      const others = partialListing(error);
      if (others === undefined) throw error;
      return new Set(others);
    }
  }

  private async createTopic({ name, partitions, replicationFactor, config }: TopicSpec): Promise<void> {
    const configs = Object.entries(config ?? {}).map(([key, value]) => ({ name: key, value }));
    try {
      await this.admin.createTopics({ topics: [name], partitions, replicas: replicationFactor ?? -1, configs });
    } catch (error) {
      // Another process that starts at the same time was first.
      if (protocolErrorOf(error) !== 'TOPIC_ALREADY_EXISTS') throw error;
    }
  }

  private async untilLed(names: readonly string[]): Promise<void> {
    const deadline = Date.now() + LEADERS_TIMEOUT_MS;
    while (!(await this.haveLeaders(names))) {
      if (Date.now() > deadline) throw new Error('the created topics have no leaders yet');
      await new Promise((resolve) => setTimeout(resolve, LEADERS_POLL_MS));
    }
  }

  // The client reports a topic that a broker does not know yet as an error of its caller, so any failure counts as not yet.
  private async haveLeaders(names: readonly string[]): Promise<boolean> {
    try {
      const { topics } = await this.admin.metadata({ topics: [...names], forceUpdate: true, retries: 0 });
      return [...topics.values()].every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
    } catch {
      return false;
    }
  }

  private async configsOf(names: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    if (names.length === 0) return new Map();
    const resources = await this.admin.describeConfigs({
      resources: names.map((resourceName) => ({
        resourceType: ConfigResourceTypes.TOPIC,
        resourceName,
        configurationKeys: ['retention.ms', 'cleanup.policy'],
      })),
    });
    return new Map(
      resources.map(({ resourceName, configs }) => [
        resourceName,
        new Map(configs.map(({ name, value }) => [name, value ?? ''])),
      ]),
    );
  }

  private async listOffsets(topic: string, count: number, timestamp: bigint): Promise<ReadonlyMap<number, number>> {
    const partitions = Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex, timestamp }));
    const [listed] = await this.admin.listOffsets({ topics: [{ name: topic, partitions }] });
    return new Map(listed!.partitions.map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)]));
  }
}

function describeTopic(
  name: string,
  { id, partitionsCount }: { readonly id: string; readonly partitionsCount: number },
  config: ReadonlyMap<string, string> | undefined,
): TopicDescription {
  return {
    name,
    // Brokers older than Kafka 2.8 give none; the client then says the name.
    topicId: id === name ? null : id,
    partitions: partitionsCount,
    retentionMs: Number(config?.get('retention.ms') ?? Number.NaN),
    cleanupPolicy: config?.get('cleanup.policy') ?? '',
  };
}

async function classified<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw classifyPlatformaticError(error);
  }
}
