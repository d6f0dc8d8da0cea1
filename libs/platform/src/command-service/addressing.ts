import type { Context } from '@codex/contracts';
import type { Addressing } from '@codex/kafka-messaging';
import type { Logger } from 'pino';
import type { KafkaConfig } from '../consumers/kafka-connection';

/** Who publishes, and where its topics are. */
export interface Publisher {
  readonly context: Context;
  readonly kafka: Pick<KafkaConfig, 'topics' | 'schemaRegistryUrl'>;
  readonly logger: Logger;
}

/**
 * Where the messages of a context go, by the catalogue and by what was moved. With a schema registry it registers the
 * catalogue first; subjects keep the names of the catalogue, whatever was moved.
 */
export async function addressingOf({ context, kafka, logger }: Publisher): Promise<Addressing> {
  const { topics, schemaRegistryUrl } = kafka;
  const { registerCatalogue, schemaById, topicOf } = await import('@codex/contracts');
  const base: Addressing = {
    topicOf: ({ kind, type }) => topics.nameOf(topicOf({ kind, type, context })),
    source: context,
    schemaNameOf: (schemaId) => schemaById(schemaId).fullName,
  };
  if (schemaRegistryUrl === null) return base;
  const ids = await registerCatalogue({ url: schemaRegistryUrl });
  logger.info('the schemas are registered');
  return {
    ...base,
    wireSchemaId: (schemaId) => {
      const { kind, name: type } = schemaById(schemaId);
      return ids.wireIdOf(schemaId, topicOf({ kind, type, context }));
    },
  };
}
