import { randomUUID } from 'node:crypto';
import { codec, eventTopicOf, topicCatalogue, TopicPlaces, type MovedTopic } from '@codex/contracts';
import { newId } from '@codex/event-sourcing';
import { aNewEvent, aReply, TEST_TENANT } from '@codex/event-sourcing/testing';
import {
  acquireRelayLock,
  eventStoreMigrations,
  PostgresEventStore,
  PostgresRelayReader,
  PostgresTopicMoves,
} from '@codex/event-store-postgres';
import {
  BatchConsumer,
  Header,
  headerText,
  inboxMigrations,
  kafkajsDriver,
  readLog,
  Relay,
  type KafkaDriver,
  type RelayOptions,
} from '@codex/kafka-messaging';
import { addressingOf, createLogger } from '@codex/platform';
import { createPool, inTransaction, runMigrations, type Sql } from '@codex/postgres';
import { createTestDatabase, eventually, serverAddresses, type TestDatabase } from '@codex/testing';
import type { Pool } from 'pg';
import { copyAhead, type CopyAheadOptions } from '../republish/copy-ahead';

const SERVICE = 'project';
const FIRST = eventTopicOf('project');
const STREAMS = 8;

/** What a record of the log says. */
export interface Sighting {
  readonly stream: string;
  readonly version: number;
  readonly partition: number;
}

/** The context `project` with a database, topics and consumers of its own, while events are appended all the time. */
export class MovingContext implements AsyncDisposable {
  readonly group = `moving.${randomUUID()}`;
  readonly driver: KafkaDriver = kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'moving-spec' });
  private readonly relays: Relay[] = [];
  private readonly consumers: BatchConsumer[] = [];
  private readonly topics: MovedTopic[] = [];
  private writing: Promise<void> | null = null;
  private stopped = false;

  private constructor(
    private readonly database: TestDatabase,
    readonly pool: Pool,
    private readonly store: PostgresEventStore,
  ) {}

  static async start(): Promise<MovingContext> {
    const database = await createTestDatabase('republish');
    await runMigrations(database.url, 'event_store.migrations', eventStoreMigrations);
    await runMigrations(database.url, 'inbox.migrations', inboxMigrations);
    const pool = createPool({ connectionString: database.url, applicationName: 'moving-spec', maxConnections: 10 });
    pool.on('error', () => undefined);
    await pool.query('create table effects (no bigint generated always as identity, stream text, version int)');
    const world = new MovingContext(database, pool, new PostgresEventStore({ pool, codec }));
    const admin = world.driver.admin();
    const others = topicCatalogue.filter(({ context, kind }) => context === 'system' || kind === 'reply');
    await admin.ensureTopics(others).finally(() => admin.close());
    return world;
  }

  /** A name in the place of the context's topic that no other run has; the topic is made unless `made` is false. */
  async topic(partitions: number, { made = true } = {}): Promise<MovedTopic> {
    const topic = { name: `${FIRST}.${randomUUID().slice(0, 8)}`, partitions };
    this.topics.push(topic);
    if (!made) return topic;
    const admin = this.driver.admin();
    await admin.ensureTopics([topic]).finally(() => admin.close());
    await eventually(() => this.lengthOf(topic), { timeoutMs: 20_000 });
    return topic;
  }

  /** Appends to all streams, a few events at a time, until it is stopped. */
  write(): void {
    const streams = Array.from({ length: STREAMS }, () => ({ stream: `Project-${newId()}`, version: 0 }));
    this.writing = Promise.all(streams.map((each) => this.writeStream(each))).then(() => undefined);
  }

  async stopWriting(): Promise<void> {
    this.stopped = true;
    await this.writing;
  }

  /** A relay of this context that is configured for a topic. */
  async relay(topic: MovedTopic, overrides: Partial<RelayOptions> = {}, { abandoned = false } = {}): Promise<Relay> {
    const logger = createLogger('spec', 'silent');
    const kafka = { topics: new TopicPlaces([topic]), schemaRegistryUrl: null };
    const config = { connectionString: this.database.url, applicationName: 'moving-spec' };
    const relay = new Relay({
      source: new PostgresRelayReader(this.pool, SERVICE, topic.name),
      topic: { name: topic.name, moves: this.moves },
      acquireLock: (signal) => acquireRelayLock(config, SERVICE, { signal, retryMs: 50 }),
      producer: this.driver.producer(),
      addressing: await addressingOf({ context: 'project', kafka, logger }),
      batchRows: 50,
      ...overrides,
    });
    if (!abandoned) this.relays.push(relay);
    relay.start();
    return relay;
  }

  get url(): string {
    return this.database.url;
  }

  get moves(): PostgresTopicMoves {
    return new PostgresTopicMoves(this.pool, SERVICE, FIRST);
  }

  copyAhead(topic: MovedTopic, overrides: Partial<CopyAheadOptions> = {}): Promise<number> {
    const kafka = { topics: new TopicPlaces([topic]), schemaRegistryUrl: null };
    const about = { context: 'project' as const, service: SERVICE, databaseUrl: this.database.url };
    return copyAhead({ ...about, driver: this.driver, kafka, topic, ...overrides });
  }

  /** Writes one row an event; what happens to dead letters is not recorded. */
  consumer(topic: MovedTopic, onMessage: (stream: string, version: number) => void = () => undefined): BatchConsumer {
    const consumer = new BatchConsumer<Sql>(
      {
        ...{ group: this.group, topics: [topic.name], handles: 'all', guard: true, maxMessages: 100 },
        transaction: (work) => inTransaction(this.pool, work),
        handle: async (messages, tx) => {
          for (const { stream, version } of messages) onMessage(stream, version!);
          await tx.query('insert into effects (stream, version) select * from unnest($1::text[], $2::int[])', [
            messages.map(({ stream }) => stream),
            messages.map(({ version }) => version),
          ]);
        },
      },
      { driver: this.driver, codec, sessionTimeoutMs: 6_000 },
    );
    this.consumers.push(consumer);
    consumer.start();
    return consumer;
  }

  /** Stream and version of every event of the context, as the consumer applied them. */
  async effects(): Promise<readonly Omit<Sighting, 'partition'>[]> {
    return (await this.pool.query('select stream, version from effects order by no')).rows;
  }

  /** How many versions each stream of the context has. */
  async stored(): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.pool.query<{ stream: string; versions: number }>(
      `select stream, count(*)::int as versions from event_store.events where stream like 'Project-%' and kind = 'event' group by 1`,
    );
    return new Map(rows.map(({ stream, versions }) => [stream, versions]));
  }

  async count(): Promise<number> {
    return [...(await this.stored()).values()].reduce((sum, versions) => sum + versions, 0);
  }

  async lengthOf({ name }: MovedTopic): Promise<number> {
    const admin = this.driver.admin();
    const offsets = await admin.offsets(name).finally(() => admin.close());
    return offsets.reduce((sum, { latest }) => sum + latest, 0);
  }

  /** Everything on a topic, in the order of its partitions. */
  async log({ name }: MovedTopic): Promise<readonly Sighting[]> {
    const seen: Sighting[] = [];
    await readLog({
      ...{ driver: this.driver, topics: [name], groupPrefix: 'moving-spec' },
      onRecords: ({ partition: { partition }, records }) => {
        for (const { headers } of records) {
          const version = Number(headerText(headers, Header.streamVersion));
          seen.push({ stream: headerText(headers, Header.subject)!, version, partition });
        }
      },
    });
    return seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopWriting().catch(() => undefined);
    await Promise.all([...this.relays, ...this.consumers].map((each) => each.stop()));
    const admin = this.driver.admin();
    await admin.deleteTopics(this.topics.map(({ name }) => name)).catch(() => undefined);
    await admin.close();
    await this.pool.end();
    await this.database.dispose();
  }

  private async writeStream({ stream }: { readonly stream: string }): Promise<void> {
    const health = { service: 'spec', status: 'up', details: {} };
    const answer = { commandId: 'c', commandType: 'AssignQuota', target: stream, outcome: 'accepted', actor: 'spec' };
    const reply = { ...answer, code: null, message: null, workItemId: null, projectId: null, processId: null };
    for (let version = 0; !this.stopped; version += 2) {
      const data = { projectId: stream.slice('Project-'.length), reason: null };
      const events = [aNewEvent('ProjectPaused', data), aNewEvent('ProjectResumed', data)];
      const system = { stream: `Service-${newId()}`, events: [aNewEvent('ServiceHealthChanged', health)] };
      const own = { tenantId: TEST_TENANT, expectedVersion: version };
      await this.store.append({
        commandId: randomUUID(),
        streams: [
          { stream, ...own, events },
          ...(version % 20 === 0 ? [{ ...system, tenantId: TEST_TENANT, expectedVersion: 0 }] : []),
        ],
        messages: version % 20 === 0 ? [aReply(stream, { type: 'CommandReplied', data: reply })] : [],
      });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Of each stream the versions in the order in which they were first seen. */
export function firstSightings(seen: readonly Omit<Sighting, 'partition'>[]): ReadonlyMap<string, readonly number[]> {
  const versions = new Map<string, Set<number>>();
  for (const { stream, version } of seen) {
    const known = versions.get(stream) ?? new Set();
    versions.set(stream, known.add(version));
  }
  return new Map([...versions].map(([stream, known]) => [stream, [...known]]));
}

/** Versions 1 to n of every stream. */
export function wholeStreams(stored: ReadonlyMap<string, number>): ReadonlyMap<string, readonly number[]> {
  const range = (versions: number): number[] => Array.from({ length: versions }, (_, index) => index + 1);
  return new Map([...stored].map(([stream, versions]) => [stream, range(versions)]));
}
