import { Unavailable } from '@codex/event-sourcing';
import type { KafkaDriver } from '@codex/kafka-messaging';
import type { Logger } from 'pino';
import { StartRefused } from '../service/lifecycle';

/** Whether event topics may forget, and who hears of it. */
export interface TopicRules {
  readonly allowFiniteRetention: boolean;
  readonly logger: Logger;
}

/**
 * Makes sure that topics exist, and that event topics keep what they hold for ever. Missing topics are waited for (they
 * are created from the catalogue, not here). Finite retention of an event topic ends the start, because a consumer that
 * comes late would miss events without noticing; it is allowed only by configuration, and logged.
 */
export async function requireTopics(
  driver: KafkaDriver,
  topics: readonly string[],
  { allowFiniteRetention, logger }: TopicRules,
): Promise<void> {
  if (topics.length === 0) return;
  const admin = driver.admin();
  try {
    const { finiteRetention } = await import('@codex/kafka-messaging');
    const cluster = await admin.describe(topics);
    const missing = topics.filter((topic) => !cluster.topics.some(({ name }) => name === topic));
    if (missing.length > 0) throw new Unavailable(`topics ${missing.join(', ')}`);
    const finite = finiteRetention(cluster, topics.filter(isEventTopic)).join(', ');
    if (finite === '') return;
    if (!allowFiniteRetention) throw new StartRefused(`event topics that do not keep every message: ${finite}`);
    logger.warn({ topics: finite }, 'event topics that do not keep every message are allowed by configuration');
  } finally {
    await admin.close();
  }
}

function isEventTopic(topic: string): boolean {
  return topic.includes('.events.');
}
