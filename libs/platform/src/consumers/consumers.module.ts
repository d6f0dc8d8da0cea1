import { Module, type DynamicModule } from '@nestjs/common';
import type { DatabaseConfig } from '@codex/postgres';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { RelayMonitor } from '../command-service/relay-monitor';
import { RelayStatusController } from '../command-service/relay-status.controller';
import type { HousekeepingConfig } from '../housekeeping/housekeeping-config';
import { HealthRegistry } from '../health/health-registry';
import { InboxController } from '../inbox/inbox.controller';
import { InboxOperations } from '../inbox/inbox-operations';
import { Lifecycle } from '../service/lifecycle';
import { LOGGER } from '../service/platform-tokens';
import { buildConsumers } from './build-consumers';
import { ConsumerHost } from './consumer-host';
import type { KafkaConfig } from './kafka-connection';

/** For services that consume, and publish nothing but what happens to their dead letters. */
export interface ConsumersOptions {
  /** The service, as Kafka sees it. Names its relay: renaming it publishes everything again. */
  readonly name: string;
  readonly kafka: KafkaConfig;
  readonly database: Omit<DatabaseConfig, 'applicationName'>;
  /** Of the same database; the caller's to end. */
  readonly pool: Pool;
  /** Default: that of an empty environment. */
  readonly housekeeping?: HousekeepingConfig;
}

/** Provides {@link ConsumerHost}: inject it into the root module and call `consume(declaration)` in its constructor. */
@Module({})
export class ConsumersModule {
  static forRoot(options: ConsumersOptions): DynamicModule {
    return {
      module: ConsumersModule,
      global: true,
      controllers: [RelayStatusController, InboxController],
      providers: [
        RelayMonitor,
        {
          provide: ConsumerHost,
          inject: [LOGGER, Lifecycle, HealthRegistry, RelayMonitor],
          useFactory: (logger: Logger, lifecycle: Lifecycle, health: HealthRegistry, monitor: RelayMonitor) =>
            buildConsumers(options, { logger, lifecycle, health, monitor }),
        },
        { provide: InboxOperations, inject: [ConsumerHost], useFactory: ({ inbox }: ConsumerHost) => inbox },
      ],
      exports: [ConsumerHost],
    };
  }
}
