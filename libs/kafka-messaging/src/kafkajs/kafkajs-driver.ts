import type { KafkaConnection } from '../driver/kafka-connection';
import type { KafkaDriver } from '../driver/kafka-driver';
import { silentLogger, type MessagingLogger } from '../driver/messaging-logger';

/**
 * The port over kafkajs 2.2.4. The client is loaded only by this call. Throws `KafkaConfigurationError` with all mistakes
 * of the connection.
 */
export function kafkajsDriver(connection: KafkaConnection, logger: MessagingLogger = silentLogger): KafkaDriver {
  const { openKafkajsDriver } = require('./open-kafkajs-driver') as typeof import('./open-kafkajs-driver');
  return openKafkajsDriver(connection, logger);
}
