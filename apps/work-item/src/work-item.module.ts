import { CommandRunner, newId, StateCache } from '@codex/event-sourcing';
import { CommandService, CommandServiceModule, gauge } from '@codex/platform';
import {
  countStuck,
  deadlinesProjection,
  processDecider,
  processMigrations,
  ProcessRunner,
  stuckProjection,
  Watchdog,
} from '@codex/process-manager';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ChangeWorkItemHandler } from './application/change-work-item.handler';
import { CreateWorkItemHandler } from './application/create-work-item.handler';
import { refusedCommand } from './application/refused-command';
import { RetryWorkItemHandler } from './application/retry-work-item.handler';
import { SettleProcessHandler } from './application/settle-process.handler';
import { KNOWN_PROJECTS, NEW_ID } from './application/tokens';
import { workItemDecider } from './domain/work-item.decider';
import { ProcessesController } from './http/processes.controller';
import { ToolsController } from './http/tools.controller';
import { WorkItemsController } from './http/work-items.controller';
import { factsConsumer } from './messaging/facts.consumer';
import { processRepliesConsumer } from './messaging/process-replies.consumer';
import { workItemMigrations } from './persistence/known-projects.migration';
import { PostgresKnownProjects } from './persistence/postgres-known-projects';
import { workItemCreation } from './processes/work-item-creation.process';
import { workItemRetry } from './processes/work-item-retry.process';
import type { WorkItemConfig } from './work-item.config';

const handlers = [CreateWorkItemHandler, ChangeWorkItemHandler, RetryWorkItemHandler, SettleProcessHandler];
const controllers = [WorkItemsController, ProcessesController, ToolsController];

const parts: readonly Provider[] = [
  { provide: NEW_ID, useValue: newId },
  { provide: CommandRunner, inject: [CommandService], useFactory: ({ runner }: CommandService) => runner },
  { provide: StateCache, inject: [CommandService], useFactory: ({ cache }: CommandService) => cache },
  {
    provide: KNOWN_PROJECTS,
    inject: [CommandService],
    useFactory: ({ pool }: CommandService) => new PostgresKnownProjects(pool),
  },
  {
    provide: ProcessRunner,
    inject: [CommandService],
    useFactory: ({ logger }: CommandService) =>
      new ProcessRunner({
        definitions: [workItemCreation, workItemRetry],
        onFault: (error, work) => logger.error({ err: error, ...work }, 'local work of a process failed'),
      }),
  },
];

@Module({})
export class WorkItemModule {
  constructor(service: CommandService, processes: ProcessRunner) {
    const { store, cache, pool, logger } = service;
    const now = (): Date => new Date();
    const messaging = { store, cache, newId, now };
    service.consume(processRepliesConsumer({ ...messaging, processes }));
    service.consume(factsConsumer(messaging));
    const watchdog = new Watchdog({
      ...messaging,
      sql: pool,
      runner: processes,
      onError: (error, processId) => logger.warn({ err: error, processId }, 'the watchdog of the processes failed'),
    });
    const name = 'process watchdog';
    service.background({ name, start: () => watchdog.start(), stop: () => watchdog.stop() });
    const stuck = 'Processes whose compensation failed and that wait for an operator';
    gauge('processes_compensation_failed', stuck, () => countStuck(pool).catch(() => Number.NaN));
  }

  static forRoot({ database, kafka, housekeeping }: WorkItemConfig): DynamicModule {
    const service = CommandServiceModule.forRoot({
      name: 'work-item',
      context: 'work-item',
      config: { database, kafka, housekeeping },
      migrations: [
        { table: 'process.migrations', migrations: processMigrations },
        { table: 'work_item.migrations', migrations: workItemMigrations },
      ],
      inlineProjections: [deadlinesProjection, stuckProjection],
      deciders: [workItemDecider, processDecider],
      restorable: {},
      refused: refusedCommand(newId),
    });
    return {
      module: WorkItemModule,
      imports: [CqrsModule.forRoot(), service],
      controllers,
      providers: [...parts, ...handlers],
    };
  }
}
