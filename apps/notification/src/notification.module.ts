import { CommandRunner, newId } from '@codex/event-sourcing';
import { CommandService, CommandServiceModule } from '@codex/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { CreateSubscriptionHandler } from './application/create-subscription.handler';
import { deliver } from './application/delivering';
import { DeliveryLoop } from './application/delivery-loop';
import { RemoveSubscriptionHandler } from './application/remove-subscription.handler';
import { SubscriptionSecrets } from './application/subscription-secrets';
import { deliveryDecider } from './domain/delivery.decider';
import { notificationDecider } from './domain/notification.decider';
import { subscriptionDecider } from './domain/subscription.decider';
import { ALLOW_PRIVATE, SubscriptionsController } from './http/subscriptions.controller';
import { notifyCommandsConsumer } from './messaging/notify-commands.consumer';
import { refusedCommand } from './messaging/refused-commands';
import type { NotificationConfig } from './notification.config';
import { NotificationTables1767225600000 } from './persistence/notification-tables.migration';
import { PostgresDeliveries } from './persistence/postgres-deliveries';
import { PostgresSubscriptionSecrets } from './persistence/postgres-subscription-secrets';
import { subscriptionsProjection } from './persistence/subscriptions.projection';
import { Subscriptions } from './persistence/subscriptions';
import { HttpWebhookSender } from './webhook/webhook-sender';

const LOOP = { concurrency: 16, leaseMs: 60_000, pollIntervalMs: 1_000 };

@Module({})
export class NotificationModule {
  static forRoot(config: NotificationConfig): DynamicModule {
    const { allowPrivate } = config.webhook;
    const from = [CommandService];
    return {
      module: NotificationModule,
      imports: [
        CommandServiceModule.forRoot({
          name: 'notification',
          context: 'notification',
          config,
          migrations: [{ table: 'notification.migrations', migrations: [NotificationTables1767225600000] }],
          inlineProjections: [subscriptionsProjection],
          deciders: [subscriptionDecider, notificationDecider, deliveryDecider],
          // Subscriptions come back, their secrets do not: what is sent to them fails and says so.
          restorable: {},
          refused: refusedCommand,
        }),
        CqrsModule.forRoot(),
      ],
      controllers: [SubscriptionsController],
      providers: [
        { provide: ALLOW_PRIVATE, useValue: allowPrivate },
        { provide: HttpWebhookSender, useFactory: () => new HttpWebhookSender(allowPrivate) },
        { provide: CommandRunner, inject: from, useFactory: ({ runner }: CommandService) => runner },
        { provide: Subscriptions, inject: from, useFactory: ({ pool }: CommandService) => new Subscriptions(pool) },
        {
          provide: SubscriptionSecrets,
          inject: from,
          useFactory: ({ pool }: CommandService) => new PostgresSubscriptionSecrets(pool),
        },
        CreateSubscriptionHandler,
        RemoveSubscriptionHandler,
      ],
    };
  }

  constructor(service: CommandService, sender: HttpWebhookSender) {
    const { store, cache, pool, runner, logger } = service;
    const deliveries = new PostgresDeliveries(pool);
    const now = (): Date => new Date();
    const options = { sender, deliveries, runner, newId, now, random: Math.random };
    const loop = new DeliveryLoop({
      ...LOOP,
      deliveries,
      deliver: (delivery, signal) => deliver(delivery, signal, options),
      failed: (error) => logger.warn({ err: error }, 'a delivery could not be claimed or recorded, trying again'),
    });
    service.consume(notifyCommandsConsumer(store, { cache, newId, deliveriesAdded: () => loop.poke() }));
    service.background({ name: 'deliveries', start: () => loop.start(), stop: () => loop.stop() });
    service.lifecycle.onStop('connections', 'webhooks', () => sender.close());
  }
}
