import { newId } from '@codex/event-sourcing';
import { CommandService, CommandServiceModule } from '@codex/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { DueDriver } from './application/due-driver';
import { taskDecider } from './domain/task.decider';
import { schedulingConsumer } from './messaging/scheduling.consumer';
import { dueTasksRunner } from './persistence/due-tasks-runner';
import { restoredWaiting } from './persistence/restored-waiting.projection';
import { SchedulingStorage1767225600001 } from './persistence/scheduling-storage.migration';
import { SchedulingTables1767225600000 } from './persistence/scheduling-tables.migration';
import type { SchedulerConfig } from './scheduler.config';

/** Tasks bring their recipes, so fewer of them are kept than of other streams. */
const CACHED_TASKS = 4_000;
const MAX_IDLE_MS = 1_000;

@Module({})
export class SchedulerModule {
  static forRoot(config: SchedulerConfig): DynamicModule {
    return {
      module: SchedulerModule,
      imports: [
        CommandServiceModule.forRoot({
          name: 'scheduler',
          context: 'scheduler',
          config,
          cachedStreams: CACHED_TASKS,
          deciders: [taskDecider],
          restorable: { projections: [restoredWaiting] },
          migrations: [
            {
              table: 'scheduling.migrations',
              migrations: [SchedulingTables1767225600000, SchedulingStorage1767225600001],
            },
          ],
        }),
      ],
    };
  }

  constructor(service: CommandService) {
    const { store, cache, logger } = service;
    const options = { cache, newId, now: () => new Date().toISOString(), random: Math.random };
    const driver = new DueDriver({
      run: dueTasksRunner(store, options),
      maxIdleMs: MAX_IDLE_MS,
      retryMs: MAX_IDLE_MS,
      failed: (error) => logger.warn({ err: error }, 'due tasks could not be made ready, trying again'),
    });
    service.consume(schedulingConsumer(store, { ...options, dueTasksChanged: () => driver.poke() }));
    service.background({
      name: 'due tasks',
      start: () => driver.start(),
      stop: () => driver.stop(),
      health: () => ({ status: driver.isFailing ? 'degraded' : 'up' }),
    });
  }
}
