import { VersionConflict } from '@codex/event-sourcing';
import type { PostgresEventStore } from '@codex/event-store-postgres';
import { readyDueTasks } from '../application/due-tasks';
import type { DueDriverOptions } from '../application/due-driver';
import type { SchedulingOptions } from '../application/scheduling-batch';
import { PostgresSchedulingRows } from './postgres-scheduling-rows';

/** In one transaction; a TaskReady brings a whole recipe. */
const BATCH = 100;
/** While another replica holds what is due. */
const SHORTEST_IDLE_MS = 25;
const CONFLICT_ATTEMPTS = 5;

/** One run of the driver over the scheduler's store: a transaction with what is due, then a look at what comes next. */
export function dueTasksRunner(
  store: PostgresEventStore,
  options: Pick<SchedulingOptions, 'cache' | 'newId'>,
): DueDriverOptions['run'] {
  return async () => {
    const { count, committed, idleMs } = await repeated(() =>
      store.transaction(async (tx) => {
        const rows = new PostgresSchedulingRows(tx);
        const run = await readyDueTasks({ store: tx, rows }, BATCH, options);
        return { ...run, idleMs: run.count === BATCH ? 0 : await rows.msUntilDue() };
      }),
    );
    committed();
    return { idleMs: count === BATCH ? 0 : Math.max(idleMs ?? Infinity, SHORTEST_IDLE_MS) };
  };
}

async function repeated<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof VersionConflict) || attempt === CONFLICT_ATTEMPTS) throw error;
    }
  }
}
