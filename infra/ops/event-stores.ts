import type { Context } from '@codex/contracts';
import type { KafkaDriver } from '@codex/kafka-messaging';
import type { KafkaConfig } from '@codex/platform';
import type { LocalSystem } from './connection';
import { OpsError } from './ops-error';

/** The services with an event store, and the contexts they publish. */
export const CONTEXTS: Readonly<Record<string, Context>> = {
  project: 'project',
  'work-item': 'work-item',
  scheduler: 'scheduler',
  'agent-manager': 'agent',
  notification: 'notification',
};

export interface KafkaSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The system that runs here, if one does: its brokers are used when KAFKA_BROKERS is not set. */
  readonly local: LocalSystem | null;
}

/** Kafka as it is configured for a service (KAFKA_BROKERS, KAFKA_SASL_…, KAFKA_TOPICS). Throws {@link OpsError}. */
export async function openKafka(
  { env, local }: KafkaSources,
  clientId: string,
): Promise<{ readonly kafka: KafkaConfig; readonly driver: KafkaDriver }> {
  const { ConfigInvalid, createLogger, kafkaConfig, kafkaDriver, loadConfig } = await import('@codex/platform');
  const brokers = env.KAFKA_BROKERS ?? local?.kafkaBrokers?.join(',');
  if (brokers === undefined) throw new OpsError('where is Kafka? Set KAFKA_BROKERS');
  try {
    const { kafka } = loadConfig({ kafka: kafkaConfig }, { ...env, KAFKA_BROKERS: brokers });
    return { kafka, driver: await kafkaDriver(kafka, clientId, createLogger('ops', 'error')) };
  } catch (error) {
    throw error instanceof ConfigInvalid ? new OpsError(error.message, { cause: error }) : error;
  }
}
