import type { KafkaConnection } from '../driver/kafka-connection';
import type { KafkaDriver } from '../driver/kafka-driver';
import { silentLogger, type MessagingLogger } from '../driver/messaging-logger';

/**
 * The port over @platformatic/kafka 2.12.1. The client, 40 MB more than kafkajs, is loaded only by this call. Throws
 * `KafkaConfigurationError` with all mistakes of the connection.
 */
export function platformaticDriver(connection: KafkaConnection, logger: MessagingLogger = silentLogger): KafkaDriver {
  const opening = require('./open-platformatic-driver') as typeof import('./open-platformatic-driver');
  return opening.openPlatformaticDriver(connection, logger);
}
