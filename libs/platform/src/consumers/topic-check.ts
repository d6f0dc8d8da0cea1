import { Unavailable } from '@codex/event-sourcing';
import type { TopicPlaces } from '@codex/contracts/topic-places';
import type { ClusterDescription, KafkaDriver } from '@codex/kafka-messaging';
import type { Logger } from 'pino';
import { StartRefused } from '../service/lifecycle';

/** Whether event topics may forget, and who hears of it. */
export interface TopicRules {
  readonly allowFiniteRetention: boolean;
  readonly logger: Logger;
  /** How many partitions topics have. */
  readonly topics: TopicPlaces;
}

/**
 * Makes sure that topics exist, and that event topics keep what they hold for ever. Missing topics are waited for (they
 * are created from the catalogue, not here). Finite retention of an event topic ends the start, because a consumer that
 * comes late would miss events without noticing; it is allowed only by configuration, and logged. Another number of partitions than
 * the configuration says ends it too: somebody means another topic.
 */
export async function requireTopics(
  driver: KafkaDriver,
  topics: readonly string[],
  { allowFiniteRetention, logger, topics: places }: TopicRules,
): Promise<void> {
  if (topics.length === 0) return;
  const admin = driver.admin();
  try {
    const { finiteRetention } = await import('@codex/kafka-messaging');
    const cluster = await admin.describe(topics);
    const missing = topics.filter((topic) => !cluster.topics.some(({ name }) => name === topic));
    if (missing.length > 0) throw new Unavailable(`topics ${missing.join(', ')}`);
    requirePartitions(cluster, places);
    const finite = finiteRetention(cluster, topics.filter(isEventTopic)).join(', ');
    if (finite === '') return;
    if (!allowFiniteRetention) throw new StartRefused(`event topics that do not keep every message: ${finite}`);
    logger.warn({ topics: finite }, 'event topics that do not keep every message are allowed by configuration');
  } finally {
    await admin.close();
  }
}

function requirePartitions({ topics }: ClusterDescription, places: TopicPlaces): void {
  for (const { name, partitions } of topics) {
    const wanted = places.definitions.find((topic) => topic.name === name)?.partitions;
    if (wanted === undefined || wanted === partitions) continue;
    throw new StartRefused(`${name} has ${partitions} partitions, and KAFKA_TOPICS or the catalogue says ${wanted}`);
  }
}

function isEventTopic(topic: string): boolean {
  return topic.includes('.events.');
}
