import type { Surroundings } from '../command-service/surroundings';
import { runRelay } from '../command-service/relay-runner';
import { defaultHousekeeping } from '../housekeeping/housekeeping-config';
import { runHousekeeping } from '../housekeeping/run-housekeeping';
import { ConsumerHost } from './consumer-host';
import type { ConsumersOptions } from './consumers-options';
import { kafkaDriver } from './kafka-connection';

/** Nobody waits for what happened to a dead letter, and looking for it must cost an idle service next to nothing. */
const LONGEST_IDLE_MS = 2_000;

/**
 * Puts a {@link ConsumerHost} together, with an event table beside the inbox and its relay: the history of dead letters
 * leaves the service with the same guarantee as the events of every other one.
 */
export async function buildConsumers(options: ConsumersOptions, around: Surroundings): Promise<ConsumerHost> {
  const { codec } = await import('@codex/contracts');
  const { classified, runMigrations } = await import('@codex/postgres');
  const { name, kafka, pool } = options;
  const driver = await kafkaDriver(kafka, name, around.logger);
  around.lifecycle.onStart('event table', async () => {
    const { eventStoreMigrations } = await import('@codex/event-store-postgres');
    await runMigrations(pool, 'event_store.migrations', eventStoreMigrations);
  });
  const { allowFiniteRetention, topics } = kafka;
  const host = new ConsumerHost({
    service: name,
    sql: classified(pool),
    driver,
    codec,
    allowFiniteRetention,
    topics,
    ...around,
  });
  const database = { ...options.database, applicationName: name, maxConnections: 1 };
  await runRelay({ name, context: 'system', kafka, around, pool, driver, database, longestIdleMs: LONGEST_IDLE_MS });
  const { inboxChores } = await import('@codex/kafka-messaging');
  const { intervalMs, ...retention } = options.housekeeping ?? defaultHousekeeping;
  await runHousekeeping({ ...around, pool, chores: inboxChores(retention), intervalMs });
  return host;
}
