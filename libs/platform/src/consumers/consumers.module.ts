import { Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import { RelayMonitor } from '../command-service/relay-monitor';
import { RelayStatusController } from '../command-service/relay-status.controller';
import { HealthRegistry } from '../health/health-registry';
import { InboxController } from '../inbox/inbox.controller';
import { InboxOperations } from '../inbox/inbox-operations';
import { Lifecycle } from '../service/lifecycle';
import { LOGGER } from '../service/platform-tokens';
import { buildConsumers } from './build-consumers';
import { ConsumerHost } from './consumer-host';
import type { ConsumersOptions } from './consumers-options';

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
