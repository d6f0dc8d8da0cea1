import { ownClientIdOf, requireValidConnection, type KafkaConnection } from '../driver/kafka-connection';
import type { ConsumerOptions, KafkaAdmin, KafkaConsumer, KafkaDriver, KafkaProducer } from '../driver/kafka-driver';
import type { MessagingLogger } from '../driver/messaging-logger';
import { FormerMembers } from '../driver/former-members';
import { RestartingConsumer } from '../driver/restarting-consumer';
import { clientOptions } from './client-options';
import { PlatformaticAdmin } from './platformatic-admin';
import { PlatformaticGroupDesk } from './platformatic-group-desk';
import { PlatformaticProducer } from './platformatic-producer';
import { PlatformaticSession } from './platformatic-session';

/** Everything that needs the client in memory. */
export function openPlatformaticDriver(connection: KafkaConnection, logger: MessagingLogger): KafkaDriver {
  requireValidConnection(connection);
  const client = clientOptions(connection);
  const desk = new PlatformaticGroupDesk(client);
  const ownClientId = ownClientIdOf(connection);
  return {
    producer: (): KafkaProducer => new PlatformaticProducer(client),
    consumer: (options: ConsumerOptions): KafkaConsumer =>
      new RestartingConsumer({
        group: options.group,
        logger,
        former: new FormerMembers({ group: options.group, desk, logger, ownClientId }),
        open: (events) => new PlatformaticSession(client, options, { events, desk }),
      }),
    admin: (): KafkaAdmin => new PlatformaticAdmin(client),
  };
}
