import { jsonCodec } from '@codex/event-sourcing/testing';
import {
  acquireRelayLock,
  eventStoreMigrations,
  PostgresEventStore,
  PostgresRelayReader,
  type RelayCursor,
} from '@codex/event-store-postgres';
import { kafkajsDriver, Relay, type KafkaDriver } from '@codex/kafka-messaging';
import { createPool, runMigrations } from '@codex/postgres';
import { createTestTopics, eventually, serverAddresses, type TestTopics } from '@codex/testing';
import type { Pool } from 'pg';
import { isLong } from '../seed';
import { missing, outOfOrder, publishedOn, type Sighting } from './histories';
import { createDatabase, PrivatePlace, privatePostgres, type PrivatePostgres } from './private-servers';
import { torture, type WriterTally } from './xid-writers';

const WRITERS = 10;
const TRANSACTIONS = isLong ? 600 : 60;
const STREAMS = 12;
const TIMEOUT_MS = isLong ? 600_000 : 120_000;

/** The one condition of the append function that rule 2 consists of. */
const RULE_2 = '(e.era, e.xid) <= (current_era, current_xid) and ';

describe('R4: transaction ids under torture', () => {
  let place: PrivatePlace;
  let postgres: PrivatePostgres;
  let driver: KafkaDriver;
  let topics: TestTopics<'events'>;

  beforeAll(async () => {
    place = new PrivatePlace();
    const settings = { max_prepared_transactions: '64' };
    [postgres, topics] = await Promise.all([privatePostgres(place, { settings }), createTestTopics(['events'])]);
    driver = kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'xid-torture' });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await topics.dispose();
    await place[Symbol.asyncDispose]();
  }, TIMEOUT_MS);

  it(
    'the relay publishes every event, in order; a cursor on positions alone loses some of the same history',
    async () => {
      await using database = await eventDatabase(postgres);
      const naive = followByPosition(database.pool);
      const relay = relayOf(database, driver, topics.topics.events);
      relay.start();
      const tally = await torture({ ...database, ...work() });
      const stored = await database.stored();
      await eventually(() => relay.health().published >= stored.length, { timeoutMs: 30_000 });
      await relay.stop();
      const published = await publishedOn(driver, topics.topics.events);

      expect(harshnessOf(tally)).toEqual({ conflicts: true, rolledBack: true, prepared: true, savepoints: true });
      expect(missing(stored, published)).toEqual([]);
      expect(published).toHaveLength(stored.length);
      expect(outOfOrder(published)).toEqual([]);
      expect(missing(stored, await naive.stop()).length).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  it(
    'without rule 2 the same writers put versions in front of those they follow',
    async () => {
      await using database = await eventDatabase(postgres);
      await dropRule2(database.pool);
      await torture({ ...database, ...work() });
      const rows = await relayedBy(new PostgresRelayReader(database.pool, 'control'));
      expect(missing(await database.stored(), rows)).toEqual([]);
      expect(outOfOrder(rows).length).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});

function work() {
  const streams = Array.from({ length: STREAMS }, (_, index) => `Sample-${index}`);
  return { streams, writers: WRITERS, transactions: TRANSACTIONS };
}

/** A run that did not meet each of these proves little. */
function harshnessOf({ conflicts, rolledBack, prepared, savepoints }: WriterTally) {
  return {
    conflicts: conflicts > 0,
    rolledBack: rolledBack > 0,
    prepared: prepared > 0,
    savepoints: savepoints > 0,
  };
}

interface EventDatabase extends AsyncDisposable {
  readonly url: string;
  readonly pool: Pool;
  readonly store: PostgresEventStore;
  stored(): Promise<readonly Sighting[]>;
}

async function eventDatabase(postgres: PrivatePostgres): Promise<EventDatabase> {
  const url = await createDatabase(postgres);
  await runMigrations(url, 'event_store.migrations', eventStoreMigrations);
  const pool = createPool({ connectionString: url, applicationName: 'torture', maxConnections: 24 });
  const stored = `select stream, version from event_store.events`;
  return {
    url,
    pool,
    store: new PostgresEventStore({ pool, codec: jsonCodec }),
    stored: async () => (await pool.query<Sighting>(stored)).rows,
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

function relayOf({ url, pool }: EventDatabase, driver: KafkaDriver, topic: string): Relay {
  return new Relay({
    source: new PostgresRelayReader(pool, 'torture'),
    acquireLock: (signal) =>
      acquireRelayLock({ connectionString: url, applicationName: 'torture relay' }, 'torture', { signal }),
    producer: driver.producer(),
    addressing: { topicOf: () => topic, source: 'torture', schemaNameOf: () => 'torture.Changed' },
    batchRows: 50,
  });
}

/** What a relay would see whose cursor is the position alone. */
function followByPosition(pool: Pool): { stop(): Promise<readonly Sighting[]> } {
  const text =
    'select position, stream, version from event_store.events where position > $1 order by position limit 50';
  let stopping = false;
  const run = async (): Promise<readonly Sighting[]> => {
    const seen: Sighting[] = [];
    let position = '0';
    for (;;) {
      const isLast = stopping;
      const { rows } = await pool.query<Sighting & { position: string }>(text, [position]);
      seen.push(...rows);
      position = rows.at(-1)?.position ?? position;
      if (isLast && rows.length === 0) return seen;
    }
  };
  const running = run();
  // Whoever stops it hears of its failure.
  running.catch(() => undefined);
  return {
    stop: () => {
      stopping = true;
      return running;
    },
  };
}

async function relayedBy(reader: PostgresRelayReader): Promise<readonly Sighting[]> {
  const seen: Sighting[] = [];
  let cursor: RelayCursor = await reader.loadCursor();
  return eventually(async () => {
    const rows = await reader.readAfter(cursor, 500);
    seen.push(...rows.map(({ stream, version }) => ({ stream, version: version! })));
    cursor = rows.at(-1) ?? cursor;
    return (await reader.pending(cursor)).count === 0 && seen;
  });
}

async function dropRule2(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ text: string }>(
    `select pg_get_functiondef('event_store.append'::regproc) as text`,
  );
  const parts = rows[0]!.text.split(RULE_2);
  expect(parts).toHaveLength(2);
  await pool.query(parts.join(''));
}
