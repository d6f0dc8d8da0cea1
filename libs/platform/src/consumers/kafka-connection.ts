import type { KafkaConnection, KafkaDriver } from '@codex/kafka-messaging';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { kafkaConfig } from '../config/config-slices';
import { ConfigInvalid } from '../config/load-config';

/** The slice `kafkaConfig`. */
export type KafkaConfig = z.output<typeof kafkaConfig>;

/** The configured driver; only its client library is loaded. Throws `ConfigInvalid` with all that the driver refuses. */
export async function kafkaDriver(config: KafkaConfig, clientId: string, logger: Logger): Promise<KafkaDriver> {
  const { KafkaConfigurationError, kafkajsDriver, platformaticDriver } = await import('@codex/kafka-messaging');
  const open = { kafkajs: kafkajsDriver, platformatic: platformaticDriver }[config.client];
  try {
    return open(connectionOf(config, clientId), logger);
  } catch (error) {
    throw error instanceof KafkaConfigurationError ? new ConfigInvalid([`KAFKA_*: ${error.message}`]) : error;
  }
}

function connectionOf({ brokers, tls, sasl, instance }: KafkaConfig, clientId: string): KafkaConnection {
  if (sasl === null) return { brokers, clientId, instance, tls };
  const { mechanism, username, password } = sasl;
  return {
    brokers,
    clientId,
    instance,
    tls,
    sasl: mechanism === 'aws-msk-iam' ? { mechanism } : { mechanism, username, password },
  };
}
