import { newId } from '@codex/event-sourcing';
import type { DatabaseConfig } from '@codex/postgres';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { ConsumerHost } from '../consumers/consumer-host';
import { kafkaDriver } from '../consumers/kafka-connection';
import type { PostgresSnapshots } from '@codex/event-store-postgres';
import { gauge } from '../metrics/metrics';
import { defaultHousekeeping } from '../housekeeping/housekeeping-config';
import { runHousekeeping } from '../housekeeping/run-housekeeping';
import type { HealthRegistry } from '../health/health-registry';
import { HealthReporter } from '../health/health-reporter';
import { CommandService } from './command-service';
import type { CommandServiceOptions } from './command-service-options';
import { healthPublisher } from './health-publisher';
import { finishRestoredStore } from './restored-store';
import { runRelay } from './relay-runner';
import type { Surroundings } from './surroundings';

/** Puts a {@link CommandService} together. The libraries of the write side are loaded here, not by every service. */
export async function buildCommandService(
  options: CommandServiceOptions,
  around: Surroundings,
): Promise<CommandService> {
  const { CommandRunner, StateCache } = await import('@codex/event-sourcing');
  const { PostgresEventStore, PostgresSnapshots } = await import('@codex/event-store-postgres');
  const { classified, createPool } = await import('@codex/postgres');
  const { codec } = await import('@codex/contracts');
  const { logger, lifecycle, health } = around;
  const { name, context, upcasters, inlineProjections, refused = () => null } = options;
  const database = databaseOf(options, logger);
  const pool = createPool(database);
  const store = new PostgresEventStore({
    pool,
    codec,
    ...(upcasters && { upcasters }),
    ...(inlineProjections && { inlineProjections }),
  });
  const snapshots = new PostgresSnapshots({ sql: pool });
  const cache = new StateCache(options.cachedStreams, snapshots);
  const runner = new CommandRunner({ store, cache, newId, refused });
  const driver = await kafkaDriver(options.config.kafka, name, logger);

  watchDatabase(pool, health);
  watchSnapshots(snapshots);
  const { allowFiniteRetention, topics } = options.config.kafka;
  const consumers = new ConsumerHost({
    ...{ service: name, sql: classified(pool), driver, codec, allowFiniteRetention, topics, logger, lifecycle, health },
  });
  lifecycle.onStart('database', async () => {
    await migrate(pool, options);
    await finishRestoredStore({ options, pool, codec, consumers, logger });
  });
  consumers.needTopics(await publishedTopics(options));
  await keepHouse(options, pool, around);
  await runRelay({ name, context, kafka: options.config.kafka, around, pool, driver, database, commits: store });
  const reporter = new HealthReporter(health, healthPublisher(store, name), logger);
  lifecycle.onServing('health reporter', () => reporter.start());
  lifecycle.onStop('intake', 'health reporter', () => reporter.stop());
  lifecycle.onStop('connections', 'database', async () => {
    await store.close();
    await snapshots.flush();
    await pool.end();
  });
  return new CommandService({ pool, store, codec, cache, runner, consumers, logger, lifecycle, health });
}

function databaseOf({ name, config }: CommandServiceOptions, logger: Logger): DatabaseConfig {
  return {
    ...config.database,
    applicationName: name,
    onIdleError: (error) => logger.debug({ err: error }, 'an idle database connection broke'),
  };
}

function watchDatabase(pool: Pool, health: HealthRegistry): void {
  health.register('database', async () => {
    await pool.query('select 1');
    return { status: 'up' };
  });
}

async function keepHouse(options: CommandServiceOptions, pool: Pool, around: Surroundings): Promise<void> {
  const { eventStoreChores } = await import('@codex/event-store-postgres');
  const { inboxChores } = await import('@codex/kafka-messaging');
  const { logger, lifecycle } = around;
  const { intervalMs, ...retention } = options.config.housekeeping ?? defaultHousekeeping;
  const chores = [...eventStoreChores(retention), ...inboxChores(retention), ...(options.chores ?? [])];
  await runHousekeeping({ pool, chores, intervalMs, logger, lifecycle });
}

function watchSnapshots(snapshots: PostgresSnapshots): void {
  gauge('snapshots_written', 'States of long streams stored since the start', () => snapshots.counts.written);
  gauge('snapshots_failed', 'States of long streams that could not be stored', () => snapshots.counts.failed);
  for (const reason of ['outdated', 'foreign', 'damaged'] as const) {
    const refused = (): number => snapshots.counts.refused[reason];
    gauge('snapshots_refused', 'Stored states that were not used, and deleted', refused, { reason });
  }
}

async function migrate(pool: Pool, { migrations = [] }: CommandServiceOptions): Promise<void> {
  const { runMigrations } = await import('@codex/postgres');
  const { eventStoreMigrations } = await import('@codex/event-store-postgres');
  const { inboxMigrations } = await import('@codex/kafka-messaging');
  await runMigrations(pool, 'event_store.migrations', eventStoreMigrations);
  await runMigrations(pool, 'inbox.migrations', inboxMigrations);
  for (const own of migrations) await runMigrations(pool, own.table, own.migrations);
}

/** The topics of the own context, and of the system context for the health of this service. */
async function publishedTopics({ context }: CommandServiceOptions): Promise<readonly string[]> {
  const { topicCatalogue } = await import('@codex/contracts');
  const published = topicCatalogue.filter((topic) => topic.context === context || topic.context === 'system');
  return published.map(({ name }) => name);
}
