import { createPool, type DatabaseConfig } from '@codex/postgres';
import type { Pool } from 'pg';

/** The connections of this service, by what they may do and for how long. */
export interface Pools {
  /** Changes and reads the registry. */
  readonly control: Pool;
  /** Writes rows and offsets. */
  readonly feed: Pool;
  /** Compares whole tables. */
  readonly rebuild: Pool;
  end(): Promise<void>;
}

const LONG_STATEMENT_MS = 10 * 60_000;
/** A batch at a time for each generation of each projection, two generations at most. */
const FEED_CONNECTIONS = 20;

export function createPools(config: Omit<DatabaseConfig, 'applicationName'>): Pools {
  const long = { statementTimeoutMs: LONG_STATEMENT_MS, transactionTimeoutMs: LONG_STATEMENT_MS };
  const control = createPool({ ...config, applicationName: 'projector', maxConnections: 4 });
  const feed = createPool({ ...config, applicationName: 'projector-feed', maxConnections: FEED_CONNECTIONS });
  const rebuild = createPool({ ...config, ...long, applicationName: 'projector-rebuild' });
  // Rows and offsets are one transaction and the messages are in Kafka for ever: a crash of the database takes back the
  // last moments as a whole, and they are applied again. So nobody has to wait for the disk.
  feed.on('connect', (client) => void client.query('set synchronous_commit = off').catch(() => undefined));
  const pools = [control, feed, rebuild];
  return { control, feed, rebuild, end: async () => void (await Promise.all(pools.map((pool) => pool.end()))) };
}
