import { kafkaDriver, type KafkaConfig } from '@codex/platform';
import type { Logger } from 'pino';
import type { LiveLog } from './live-log';

/** Which topics of which cluster. */
export interface LogAddress {
  readonly kafka: KafkaConfig;
  readonly topics: readonly string[];
}

/** Opens the log of this installation. The client library is loaded when somebody listens for the first time. */
export async function openLiveLog({ kafka, topics }: LogAddress, logger: Logger): Promise<LiveLog> {
  const { codec } = await import('@codex/contracts');
  return { driver: await kafkaDriver(kafka, 'query-api', logger), codec, logger, topics };
}
