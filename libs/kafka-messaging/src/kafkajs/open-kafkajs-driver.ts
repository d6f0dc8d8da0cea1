import { ownClientIdOf, type KafkaConnection } from '../driver/kafka-connection';
import type { ConsumerOptions, KafkaAdmin, KafkaConsumer, KafkaDriver, KafkaProducer } from '../driver/kafka-driver';
import type { MessagingLogger } from '../driver/messaging-logger';
import { FormerMembers } from '../driver/former-members';
import { RestartingConsumer } from '../driver/restarting-consumer';
import { KafkajsAdmin } from './kafkajs-admin';
import { kafkajsClient } from './kafkajs-client';
import { KafkajsGroupDesk } from './kafkajs-group-desk';
import { KafkajsProducer } from './kafkajs-producer';
import { KafkajsSession } from './kafkajs-session';

/** Everything that needs the client in memory. */
export function openKafkajsDriver(connection: KafkaConnection, logger: MessagingLogger): KafkaDriver {
  const kafka = kafkajsClient(connection, logger);
  const desk = new KafkajsGroupDesk(kafka);
  const ownClientId = ownClientIdOf(connection);
  return {
    producer: (): KafkaProducer => new KafkajsProducer(kafka),
    consumer: (options: ConsumerOptions): KafkaConsumer =>
      new RestartingConsumer({
        group: options.group,
        logger,
        former: new FormerMembers({ group: options.group, desk, logger, ownClientId }),
        open: (events) => new KafkajsSession(kafka, options, { events, desk }),
      }),
    admin: (): KafkaAdmin => new KafkajsAdmin(kafka),
  };
}
