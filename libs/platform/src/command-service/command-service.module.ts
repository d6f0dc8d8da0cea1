import { Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import { InboxController } from '../inbox/inbox.controller';
import { InboxOperations } from '../inbox/inbox-operations';
import { HealthRegistry } from '../health/health-registry';
import { Lifecycle } from '../service/lifecycle';
import { LOGGER } from '../service/platform-tokens';
import { CommandService } from './command-service';
import { buildCommandService } from './build-command-service';
import type { CommandServiceOptions } from './command-service-options';
import { RelayMonitor } from './relay-monitor';
import { RelayStatusController } from './relay-status.controller';
import { StreamStates } from './stream-states';
import { StreamStatesController } from './stream-states.controller';

/**
 * Provides {@link CommandService}: pool, store, relay, runner, consumers, with their migrations, health, metrics and
 * shutdown. The service starts without Postgres or Kafka, is not ready, and recovers by itself; without Kafka it still
 * takes commands. Changes of its health are published as `ServiceHealthChanged`.
 */
@Module({})
export class CommandServiceModule {
  static forRoot(options: CommandServiceOptions): DynamicModule {
    return {
      module: CommandServiceModule,
      global: true,
      controllers: [RelayStatusController, InboxController, StreamStatesController],
      providers: [
        RelayMonitor,
        {
          provide: StreamStates,
          inject: [CommandService],
          useFactory: ({ store }: CommandService) => new StreamStates(store, options.deciders ?? []),
        },
        {
          provide: InboxOperations,
          inject: [CommandService],
          useFactory: ({ consumers }: CommandService) => consumers.inbox,
        },
        {
          provide: CommandService,
          inject: [LOGGER, Lifecycle, HealthRegistry, RelayMonitor],
          useFactory: (logger: Logger, lifecycle: Lifecycle, health: HealthRegistry, monitor: RelayMonitor) =>
            buildCommandService(options, { logger, lifecycle, health, monitor }),
        },
      ],
      exports: [CommandService],
    };
  }
}
