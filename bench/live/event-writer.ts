import { codec, schemaById, topicOf } from '@codex/contracts';
import {
  acquireRelayLock,
  eventStoreMigrations,
  PostgresEventStore,
  PostgresRelayReader,
} from '@codex/event-store-postgres';
import { kafkajsDriver, Relay } from '@codex/kafka-messaging';
import { createPool, runMigrations } from '@codex/postgres';
import type { BenchEnvironment } from '../bench-environment';

/** Event store and relay over the topics of the catalogue, put together as in a command service. */
export interface EventWriter {
  readonly store: PostgresEventStore;
  stop(): Promise<void>;
}

export async function startEventWriter(databaseUrl: string, { kafkaBrokers }: BenchEnvironment): Promise<EventWriter> {
  const pool = createPool({ connectionString: databaseUrl, applicationName: 'bench-live' });
  await runMigrations(databaseUrl, 'event_store.migrations', eventStoreMigrations);
  const store = new PostgresEventStore({ pool, codec });
  const lockDatabase = { connectionString: databaseUrl, applicationName: 'bench-live relay' };
  const relay = new Relay({
    source: new PostgresRelayReader(pool, 'bench'),
    acquireLock: (signal) => acquireRelayLock(lockDatabase, 'bench', { signal }),
    producer: kafkajsDriver({ brokers: kafkaBrokers, clientId: 'bench-live' }).producer(),
    addressing: {
      topicOf: ({ kind, type }) => topicOf({ kind, type }),
      source: 'work-item',
      schemaNameOf: (schemaId) => schemaById(schemaId).fullName,
    },
  });
  store.onCommit(() => relay.poke());
  relay.start();
  const stop = async (): Promise<void> => {
    await relay.stop();
    await pool.end();
  };
  return { store, stop };
}
