import type { MessageCodec } from '@codex/event-sourcing';
import { topicCatalogue } from '@codex/contracts';
import { logExtent, type KafkaDriver, type LogExtent, type MessagingLogger } from '@codex/kafka-messaging';

/** The event topics of every context. */
export const eventTopics: readonly string[] = topicCatalogue
  .filter(({ kind }) => kind === 'event')
  .map(({ name }) => name);

/** Renaming it needs new rights in Kafka; groups are as short-lived as what reads, and nothing is committed. */
export const GROUP_PREFIX = 'query-api.live';

/** The log that is followed, and how its bodies are read. */
export interface LiveLog {
  readonly driver: KafkaDriver;
  readonly codec: MessageCodec;
  readonly logger: MessagingLogger;
  readonly topics: readonly string[];
}

/** Where the log begins and ends now. Throws `Unavailable` when Kafka is. */
export async function extentOf({ driver, topics }: LiveLog): Promise<LogExtent> {
  const admin = driver.admin();
  try {
    return await logExtent(admin, topics);
  } finally {
    await admin.close();
  }
}
