import { randomUUID } from 'node:crypto';
import { codec } from '@codex/contracts';
import {
  BatchConsumer,
  inboxMigrations,
  kafkajsDriver,
  listDeadLetters,
  outgoingRecord,
  type ConsumedMessage,
  type ConsumerDeclaration,
  type ConsumerParts,
  type DeadLetter,
  type KafkaDriver,
  type KafkaProducer,
  type OutgoingRecord,
} from '@codex/kafka-messaging';
import { projectionMigrations } from '@codex/projections';
import { createPool, inTransaction, runMigrations, type DatabaseConfig, type Sql } from '@codex/postgres';
import { createTestDatabase, createTestTopics, serverAddresses } from '@codex/testing';
import type { Pool } from 'pg';
import type { Sighting } from './histories';

/** Where members of a group work: all of it can be told to another process. */
export interface EffectsPlace {
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
  readonly topic: string;
  readonly group: string;
  /** Off, nothing but the stored offset and its epoch keeps a message from taking effect twice. */
  readonly guard: boolean;
}

export const SESSION_TIMEOUT_MS = 6_000;
const TENANT = '018f0000-0000-7000-8000-000000000001';
const PARTITIONS = 6;
const CHUNK = 400;

/** A member of the group that writes one row an event into `effects`. */
export function effectsMember(
  { databaseUrl, kafkaBrokers, topic, group, guard }: EffectsPlace,
  overrides: Partial<ConsumerDeclaration<Sql>> = {},
  { database, ...parts }: Partial<ConsumerParts> & { readonly database?: Partial<DatabaseConfig> } = {},
): { readonly consumer: BatchConsumer; readonly stop: () => Promise<void> } {
  const config = { connectionString: databaseUrl, applicationName: 'effects', maxConnections: 4 };
  const pool = createPool({ ...config, ...database });
  const declaration: ConsumerDeclaration<Sql> = {
    group,
    topics: [topic],
    handles: 'all',
    guard,
    transaction: (work) => inTransaction(pool, work),
    handle: (messages, tx) => writeEffects(group, messages, tx),
    maxMessages: 60,
    ...overrides,
  };
  const driver = kafkajsDriver({ brokers: kafkaBrokers, clientId: 'effects' });
  const consumer = new BatchConsumer<Sql>(declaration, {
    driver,
    codec,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    ...parts,
  });
  consumer.start();
  return { consumer, stop: () => consumer.stop().then(() => pool.end()) };
}

export async function writeEffects(group: string, messages: readonly ConsumedMessage[], tx: Sql): Promise<void> {
  await tx.query(
    'insert into effects (member_group, stream, version) select $1, * from unnest($2::text[], $3::int[])',
    [group, messages.map(({ stream }) => stream), messages.map(({ version }) => version)],
  );
}

/** A topic with events of our own making, and a database where consumers leave their effects. */
export class EffectsWorld implements AsyncDisposable {
  readonly published: Sighting[] = [];

  private constructor(
    readonly databaseUrl: string,
    readonly pool: Pool,
    readonly topic: string,
    readonly driver: KafkaDriver,
    private readonly producer: KafkaProducer,
    private readonly dispose: () => Promise<unknown>,
  ) {}

  /** In that empty database, or else in one of its own on the servers of this run. */
  static async start(databaseUrl?: string): Promise<EffectsWorld> {
    const [database, topics] = await Promise.all([
      databaseUrl === undefined ? createTestDatabase('effects') : { url: databaseUrl, dispose: async () => undefined },
      createTestTopics(['events'], { partitions: PARTITIONS }),
    ]);
    await runMigrations(database.url, 'effects.migrations', [...inboxMigrations, ...projectionMigrations]);
    const pool = createPool({ connectionString: database.url, applicationName: 'effects-world', maxConnections: 20 });
    await pool.query(
      'create table effects (no bigint generated always as identity, member_group text, stream text, version int)',
    );
    const driver = kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'effects-world' });
    const dispose = (): Promise<unknown> => pool.end().then(() => Promise.all([database.dispose(), topics.dispose()]));
    return new EffectsWorld(database.url, pool, topics.topics.events, driver, driver.producer(), dispose);
  }

  place(purpose: string, guard = true): EffectsPlace {
    const { databaseUrl, topic } = this;
    const group = `${purpose}.${randomUUID()}`;
    return { databaseUrl, kafkaBrokers: serverAddresses().kafkaBrokers, topic, group, guard };
  }

  async publish(events: readonly Sighting[]): Promise<void> {
    await this.publishRecords(events.map((event) => this.record(event)));
    this.published.push(...events);
  }

  async publishRecords(records: readonly OutgoingRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += CHUNK)
      await this.producer.send(records.slice(from, from + CHUNK));
  }

  /** The record of an event, as a relay would publish it. */
  record({ stream, version }: Sighting): OutgoingRecord {
    const type = 'ServiceHealthChanged';
    const body = codec.encode(type, { service: 'sample', status: 'up', details: { version: String(version) } });
    const ids = { commandId: 'command', correlationId: 'correlation', causationId: 'causation', actor: 'faults' };
    const metadata = { ...ids, messageId: `${stream}@${version}` };
    const about = { kind: 'event', stream, version, type, tenantId: TENANT } as const;
    return outgoingRecord(
      { ...about, ...body, metadata, recordedAt: new Date().toISOString() },
      { topicOf: () => this.topic, source: 'faults', schemaNameOf: () => `codex.system.v1.${type}` },
    );
  }

  async effects(group: string): Promise<readonly Sighting[]> {
    const text = 'select stream, version from effects where member_group = $1 order by no';
    return (await this.pool.query<Sighting>(text, [group])).rows;
  }

  deadLetters(group: string): Promise<readonly DeadLetter[]> {
    return listDeadLetters(this.pool, { group });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.producer.close();
    await this.dispose();
  }
}

/** The next versions of streams, dealt out in turn. */
export class StreamSource {
  private readonly versions = new Map<string, number>();

  constructor(readonly streams: readonly string[]) {}

  next(versionsEach: number): Sighting[] {
    return Array.from({ length: versionsEach }, () => this.streams.map((stream) => this.nextOf(stream))).flat();
  }

  nextOf(stream: string): Sighting {
    const version = (this.versions.get(stream) ?? 0) + 1;
    this.versions.set(stream, version);
    return { stream, version };
  }
}
