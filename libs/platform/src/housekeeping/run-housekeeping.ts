import type { Chore } from '@codex/postgres';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { counter, secondsHistogram } from '../metrics/metrics';
import type { Lifecycle } from '../service/lifecycle';

export interface HousekeepingParts {
  readonly pool: Pool;
  readonly chores: readonly Chore[];
  readonly intervalMs: number;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}

/** Does these chores while the service serves; see `Housekeeper`. Metrics tell what went, how long it took and what failed. */
export async function runHousekeeping({
  pool,
  chores,
  intervalMs,
  logger,
  lifecycle,
}: HousekeepingParts): Promise<void> {
  const { Housekeeper } = await import('@codex/postgres');
  const removedRows = counter('housekeeping_removed', 'Rows removed because their retention is over');
  const failures = counter('housekeeping_failures', 'Chores that failed and are tried again at the next beat');
  const chunks = secondsHistogram('housekeeping_chunk_seconds', 'Transactions in which old rows were removed');
  const housekeeper = new Housekeeper({
    pool,
    chores,
    intervalMs,
    reports: {
      removed: (chore, rows, tookMs) => {
        removedRows.add(rows, { chore });
        chunks.record(tookMs / 1000, { chore });
      },
      failed: (chore, error) => {
        failures.add(1, { chore });
        logger.warn({ err: error, chore }, 'old rows could not be removed, trying again later');
      },
    },
  });
  lifecycle.onServing('housekeeping', () => housekeeper.start());
  lifecycle.onStop('consumers', 'housekeeping', () => housekeeper.stop());
}
