import { randomUUID } from 'node:crypto';
import {
  CommandRunner,
  StateCache,
  Unavailable,
  type Decider,
  type DomainCommand,
  type DomainEvent,
} from '@codex/event-sourcing';
import { aNewEvent, aReply, commandMetadata, jsonCodec, TEST_TENANT } from '@codex/event-sourcing/testing';
import {
  acquireRelayLock,
  eventStoreMigrations,
  PostgresEventStore,
  PostgresRelayReader,
  restorationState,
} from '@codex/event-store-postgres';
import {
  kafkajsDriver,
  outgoingRecord,
  Relay,
  type OutgoingRecord,
  type PublishableMessage,
} from '@codex/kafka-messaging';
import { deleteRecordsBelow } from '@codex/kafka-messaging/testing';
import { createPool, runMigrations } from '@codex/postgres';
import { createTestDatabase, createTestTopics, eventually, serverAddresses, type TestDatabase } from '@codex/testing';
import type { Pool } from 'pg';
import { restoreStore, type ContextTopics, type RestoreOptions, type RestoreReport } from './restore-store';

const driver = kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'restore-spec', tls: false });
const SERVICE = 'counting';
const PARTITIONS = 3;

describe('the restoration of an event store from its topics', () => {
  const databases: TestDatabase[] = [];
  const pools: Pool[] = [];
  const relays: Relay[] = [];
  let made: Awaited<ReturnType<typeof createTestTopics<'events' | 'replies' | 'commands' | 'system'>>>;
  let topics: ContextTopics;

  beforeEach(async () => {
    made = await createTestTopics(['events', 'replies', 'commands', 'system'], { partitions: PARTITIONS });
    topics = made.topics;
  });

  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    await Promise.all(pools.splice(0).map((pool) => pool.end()));
    await Promise.all([...databases.splice(0).map((database) => database.dispose()), made.dispose()]);
  });

  it('brings back every event as it was, publishes nothing twice, and lets versions continue', async () => {
    const lost = await anEventStore();
    const streams = Array.from({ length: 12 }, () => `Counter-${randomUUID()}`);
    for (let version = 0; version < 10; version++) {
      await Promise.all(streams.map((stream) => lost.store.append(counted(stream, version))));
    }
    const known = aReplyTo(streams[0]!);
    await lost.store.append({ commandId: randomUUID(), streams: [], messages: [known] });
    await published(lost.pool, 121);
    // A relay that crashed in front of its first saved cursor sends everything again.
    await lost.pool.query('delete from event_store.relay_cursors');
    await published(lost.pool, 242);
    const before = await rowsOf(lost.pool);
    const { pool, url } = await anEventStore();

    const report = await restored(url);
    expect(report).toMatchObject({ streams: 12, events: 120, replies: 1, repeats: 121, knownCommands: 1, era: 2 });
    expect(await rowsOf(pool)).toEqual(before);
    expect(await restorationState(pool)).toBe('restored');

    const store = new PostgresEventStore({ pool, codec: jsonCodec });
    const relay = startRelay(pool);
    await eventually(async () => expect(await relay.status()).toMatchObject({ leader: true, pending: 0 }));
    expect(await publishedCount()).toBe(242);
    const runner = new CommandRunner({ store, cache: new StateCache(), newId: randomUUID, refused: () => null });
    const command = { type: 'Count', data: {}, metadata: commandMetadata() };
    expect(await runner.run(counter, streams[3]!, command)).toMatchObject({ response: { version: 11 } });
    await expect(store.append(counted(streams[4]!, 9))).rejects.toThrow();
    relay.poke();
    await eventually(async () => expect(await publishedCount()).toBe(243));
    const { rows } = await pool.query('select era, version from event_store.events order by era desc limit 1');
    expect(rows).toEqual([{ era: 2, version: 11 }]);
  });

  it('makes answered commands known, and says from where on the others have to be decided', async () => {
    const lost = await anEventStore();
    const stream = `Counter-${randomUUID()}`;
    const commands = Array.from({ length: 5 }, () => randomUUID());
    const messages = commands.slice(0, 3).map((id) => aReplyTo(stream, id));
    await lost.store.append({ ...counted(stream, 0), messages });
    await published(lost.pool, 4);
    await send(commands.map((id) => aRecord({ kind: 'command', stream, version: null, type: 'Count', messageId: id })));
    const { pool, url } = await anEventStore();

    const { handled, knownCommands } = await restored(url);
    expect(knownCommands).toBe(3);
    expect(handled).toEqual([{ topic: topics.commands, partition: expect.any(Number), offset: 3 }]);
    const store = new PostgresEventStore({ pool, codec: jsonCodec });
    const records = await store.findCommands(commands.map((key) => ({ tenantId: TEST_TENANT, key })));
    const response = { outcome: 'accepted', code: null, message: null };
    expect(records).toEqual(
      commands.slice(0, 3).map((key) => ({ tenantId: TEST_TENANT, key, fingerprint: 'Count', response })),
    );
  });

  it('takes what other contexts publish on the same topic for theirs', async () => {
    const stream = `Service-${randomUUID()}`;
    await send([
      aRecord({ kind: 'event', stream, version: 1, type: 'Counted' }, { topic: topics.system, source: 'another' }),
      aRecord(
        { kind: 'event', stream: `Service-${randomUUID()}`, version: 1, type: 'Counted' },
        { topic: topics.system },
      ),
    ]);
    const { url } = await anEventStore();
    expect(await restored(url)).toMatchObject({ streams: 1, events: 1 });
  });

  it('is refused with the reason when the log has a gap, a fork, or what nobody can read', async () => {
    const stream = `Counter-${randomUUID()}`;
    const first = aRecord({ kind: 'event', stream, version: 1, type: 'Counted' });
    const { url, pool } = await anEventStore();
    await send([first, aRecord({ kind: 'event', stream, version: 3, type: 'Counted' })]);
    await expect(restored(url)).rejects.toMatchObject({ code: 'STREAM_GAP' });
    expect(await restorationState(pool)).toBe('broken');
    await send([
      aRecord({ kind: 'event', stream, version: 2, type: 'Counted' }),
      aRecord({ kind: 'event', stream, version: 1, type: 'Counted' }),
    ]);
    await expect(restored(url)).rejects.toMatchObject({ code: 'STREAM_GAP' });
    await made.dispose();
    made = await createTestTopics(['events', 'replies', 'commands', 'system'], { partitions: PARTITIONS });
    topics = made.topics;
    const other = aRecord({ kind: 'event', stream, version: 1, type: 'Counted' });
    await send([{ ...first, topic: topics.events }, other]);
    await expect(restored(url)).rejects.toMatchObject({ code: 'STREAM_FORKED' });
    await made.dispose();
    made = await createTestTopics(['events', 'replies', 'commands', 'system'], { partitions: PARTITIONS });
    topics = made.topics;
    await send([{ ...first, topic: topics.events, value: Buffer.from('rubbish') }]);
    await expect(restored(url)).rejects.toMatchObject({ code: 'MESSAGE_UNREADABLE' });
  });

  it('is refused on a log whose beginning is gone, and on one that somebody still writes', async () => {
    const stream = `Counter-${randomUUID()}`;
    const version = (no: number) => aRecord({ kind: 'event', stream, version: no, type: 'Counted' });
    await send([version(1), version(2)]);
    const grown = await anEventStore();
    let isRead = false;
    const admin = () => {
      const real = driver.admin();
      const offsets = async (topic: string) => {
        if (isRead) await send([version(3)]);
        return real.offsets(topic);
      };
      return { ...real, describe: real.describe.bind(real), close: real.close.bind(real), offsets };
    };
    const say = () => (isRead = true);
    const moving = restored(grown.url, { driver: { ...driver, admin }, topics: { ...topics, commands: null }, say });
    await expect(moving).rejects.toMatchObject({ code: 'LOG_MOVED' });
    expect(await restorationState(grown.pool)).toBe('broken');

    for (const partition of Array.from({ length: PARTITIONS }, (_, no) => no)) {
      await deleteRecordsBelow(topics.events, partition, -1);
    }
    const cut = await anEventStore();
    await expect(restored(cut.url)).rejects.toMatchObject({ code: 'LOG_CUT_OFF' });
    expect(await restorationState(cut.pool)).toBe('broken');
  });

  it('is refused on a store that holds something, or is in use, and begun anew when it broke off', async () => {
    const used = await anEventStore();
    await used.store.append(counted(`Counter-${randomUUID()}`, 0));
    await expect(restored(used.url)).rejects.toMatchObject({ code: 'STORE_NOT_EMPTY' });
    const running = await anEventStore();
    const config = { connectionString: running.url, applicationName: 'relay' };
    const lock = await acquireRelayLock(config, SERVICE);
    await expect(restored(running.url)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    await lock.release();

    const stream = `Counter-${randomUUID()}`;
    await send([1, 2].map((version) => aRecord({ kind: 'event', stream, version, type: 'Counted' })));
    await running.pool.query(`insert into event_store.restorations (era, relay) values (0, 'x')`);
    await running.store.append(counted(stream, 0));
    expect(await restored(running.url)).toMatchObject({ events: 2 });
    expect(await rowsOf(running.pool)).toHaveLength(2);
    await expect(restored(running.url)).rejects.toMatchObject({ code: 'STORE_NOT_EMPTY' });
  });

  async function anEventStore() {
    const database = await createTestDatabase('restore');
    databases.push(database);
    await runMigrations(database.url, 'event_store.migrations', eventStoreMigrations);
    const pool = createPool({ connectionString: database.url, applicationName: 'restore-spec' });
    pools.push(pool);
    return { url: database.url, pool, store: new PostgresEventStore({ pool, codec: jsonCodec }) };
  }

  /** Begins anew when a server is not to be had, as an operator would: other tests keep both busy. */
  async function restored(databaseUrl: string, changes: Partial<RestoreOptions> = {}): Promise<RestoreReport> {
    const from = { context: SERVICE, service: SERVICE, driver, codec: jsonCodec, topics };
    for (;;) {
      try {
        return await restoreStore({ ...from, databaseUrl, ...changes });
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
      }
    }
  }

  function startRelay(pool: Pool): Relay {
    const { connectionString } = pool.options as { connectionString: string };
    const relay = new Relay({
      source: new PostgresRelayReader(pool, SERVICE),
      acquireLock: (signal) => acquireRelayLock({ connectionString, applicationName: 'relay' }, SERVICE, { signal }),
      producer: driver.producer(),
      addressing: addressing(),
    });
    relays.push(relay);
    relay.start();
    return relay;
  }

  async function published(pool: Pool, count: number): Promise<void> {
    const relay = startRelay(pool);
    await eventually(async () => expect(await publishedCount()).toBe(count));
    await relay.stop();
  }

  async function publishedCount(): Promise<number> {
    const admin = driver.admin();
    const ends = await Promise.all([topics.events, topics.replies].map((topic) => admin.offsets(topic)));
    await admin.close();
    return ends.flat().reduce((sum, { latest }) => sum + latest, 0);
  }

  function addressing(topic?: string, source = SERVICE) {
    const topicOf = ({ kind }: PublishableMessage) =>
      topic ?? (kind === 'event' ? topics.events : kind === 'reply' ? topics.replies : topics.commands!);
    return { topicOf, source, schemaNameOf: () => 'spec.Message' };
  }

  function aRecord(
    about: Pick<PublishableMessage, 'kind' | 'stream' | 'version' | 'type'> & { readonly messageId?: string },
    { topic, source }: { readonly topic?: string; readonly source?: string } = {},
  ): OutgoingRecord {
    const { messageId = randomUUID(), ...rest } = about;
    const metadata = { messageId, commandId: 'c', correlationId: 'c', causationId: 'c', actor: 'spec' };
    const message = { ...rest, tenantId: TEST_TENANT, ...jsonCodec.encode(rest.type, {}), metadata };
    return outgoingRecord({ ...message, recordedAt: new Date().toISOString() }, addressing(topic, source));
  }

  async function send(records: readonly OutgoingRecord[]): Promise<void> {
    const producer = driver.producer();
    for (const record of records) await producer.send([record]);
    await producer.close();
  }
});

const counter: Decider<DomainCommand, number, DomainEvent> = {
  category: 'Counter',
  initialState: () => 0,
  evolve: (count) => count + 1,
  decide: () => [{ type: 'Counted', data: { text: 'Zoë' } }],
};

function counted(stream: string, expectedVersion: number) {
  const events = [aNewEvent('Counted', { text: 'Zoë', version: expectedVersion + 1 })];
  return { commandId: randomUUID(), streams: [{ stream, tenantId: TEST_TENANT, expectedVersion, events }] };
}

function aReplyTo(stream: string, commandId: string = randomUUID()) {
  const data = { commandId, commandType: 'Count', target: stream, outcome: 'accepted', code: null, message: null };
  return aReply(stream, { type: 'CommandReplied', data });
}

async function rowsOf(pool: Pool): Promise<readonly object[]> {
  const { rows } = await pool.query(
    `select era, kind, stream, version, tenant_id, type, schema_id, data, metadata, recorded_at
       from event_store.events order by kind, stream, version, metadata ->> 'messageId'`,
  );
  return rows as object[];
}
