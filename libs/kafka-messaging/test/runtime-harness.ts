import { randomUUID } from 'node:crypto';

import { Poison, type MessageCodec } from '@codex/event-sourcing';
import {
  BatchConsumer,
  inboxMigrations,
  kafkajsDriver,
  listDeadLetters,
  outgoingRecord,
  type ConsumedMessage,
  type ConsumerDeclaration,
  type DeadLetter,
  type DeadLetterJournal,
  type KafkaDriver,
  type KafkaProducer,
  type OutgoingRecord,
  type PublishableMessage,
} from '@codex/kafka-messaging';
import { withBriefWaits } from '@codex/kafka-messaging/testing';
import { createPool, inTransaction, runMigrations, type Sql } from '@codex/postgres';
import { createTestDatabase, createTestTopics, eventually, serverAddresses } from '@codex/testing';
import type { Pool } from 'pg';

export const PARTITIONS = 3;

/** Bodies are JSON, schema 1 is Happened, 2 is Ignored. */
export const codec: MessageCodec = {
  encode: (type, data) => ({ schemaId: type === 'Ignored' ? 2 : 1, data: Buffer.from(JSON.stringify(data)) }),
  decode: (schemaId, data) => {
    if (schemaId > 2) throw new Poison('UNKNOWN_SCHEMA', `schema ${schemaId} is unknown`);
    return { type: schemaId === 2 ? 'Ignored' : 'Happened', data: JSON.parse(data.toString()) };
  },
};

export interface Effect {
  readonly stream: string;
  readonly version: number;
}

export type TestDeclaration = ConsumerDeclaration<Sql>;

/** A database with an inbox and a table of effects, a topic, and consumers that write one row a message. */
export class RuntimeHarness implements AsyncDisposable {
  readonly group = `runtime.${randomUUID()}`;
  private readonly consumers: BatchConsumer[] = [];

  private constructor(
    readonly databaseUrl: string,
    readonly pool: Pool,
    readonly topic: string,
    readonly driver: KafkaDriver,
    private readonly producer: KafkaProducer,
    private readonly dispose: () => Promise<unknown>,
  ) {}

  static async start(openDriver: typeof kafkajsDriver = kafkajsDriver): Promise<RuntimeHarness> {
    const [database, topics] = await Promise.all([
      createTestDatabase('inbox'),
      createTestTopics(['events'], { partitions: PARTITIONS }),
    ]);
    await runMigrations(database.url, 'migrations.inbox', inboxMigrations);
    const pool = createPool({ connectionString: database.url, applicationName: 'runtime-spec' });
    pool.on('error', () => undefined);
    await pool.query('create table effects (no bigint generated always as identity, stream text, version int)');
    const driver = withBriefWaits(openDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'runtime-spec' }));
    const dispose = (): Promise<unknown> => pool.end().then(() => Promise.all([database.dispose(), topics.dispose()]));
    return new RuntimeHarness(database.url, pool, topics.topics.events, driver, driver.producer(), dispose);
  }

  consumer(overrides: Partial<TestDeclaration> = {}, journal?: DeadLetterJournal): BatchConsumer {
    const consumer = new BatchConsumer<Sql>(this.declaration(overrides), {
      driver: this.driver,
      codec,
      ...(journal && { journal }),
      sessionTimeoutMs: 6_000,
    });
    this.consumers.push(consumer);
    consumer.start();
    return consumer;
  }

  declaration(overrides: Partial<TestDeclaration> = {}): TestDeclaration {
    return {
      group: this.group,
      topics: [this.topic],
      handles: new Set(['Happened']),
      guard: true,
      transaction: (work) => inTransaction(this.pool, work),
      handle: (messages, tx) => writeEffects(messages, tx),
      maxMessages: 50,
      ...overrides,
    };
  }

  async publish(events: readonly (Effect & { readonly type?: string })[]): Promise<void> {
    await this.producer.send(events.map(({ stream, version, type }) => this.record(stream, version, type)));
  }

  async publishRecords(records: readonly OutgoingRecord[]): Promise<void> {
    await this.producer.send(records);
  }

  /** The same stream and version is the same event, as when the relay repeats it. */
  record(stream: string, version: number | null, type = 'Happened'): OutgoingRecord {
    return outgoingRecord(aMessage(stream, version, type), {
      topicOf: () => this.topic,
      source: 'spec',
      schemaNameOf: () => `spec.${type}`,
    });
  }

  async effects(): Promise<Effect[]> {
    const { rows } = await this.pool.query<Effect>('select stream, version from effects order by no');
    return rows;
  }

  async versionsOf(stream: string): Promise<number[]> {
    return (await this.effects()).filter((effect) => effect.stream === stream).map(({ version }) => version);
  }

  untilVersions(stream: string, versions: readonly number[]): Promise<unknown> {
    return eventually(async () => expect(await this.versionsOf(stream)).toEqual(versions), {
      timeoutMs: 30_000,
      description: `the versions of ${stream}`,
    });
  }

  deadLetters(): Promise<readonly DeadLetter[]> {
    return listDeadLetters(this.pool, { group: this.group });
  }

  untilParked(count: number): Promise<readonly DeadLetter[]> {
    return eventually(
      async () => {
        const letters = (await this.deadLetters()).filter(({ status }) => status === 'parked');
        expect(letters).toHaveLength(count);
        return letters;
      },
      { description: `${count} parked` },
    );
  }

  /** The only parked letter, once so many messages wait behind it. */
  untilQueued(count: number): Promise<DeadLetter> {
    return eventually(
      async () => {
        const [letter] = await this.untilParked(1);
        expect(letter!.queued).toBe(count);
        return letter!;
      },
      { description: `${count} queued` },
    );
  }

  async stopConsumers(): Promise<void> {
    await Promise.all(this.consumers.splice(0).map((consumer) => consumer.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopConsumers();
    await this.producer.close();
    await this.dispose();
  }
}

export async function writeEffects(messages: readonly ConsumedMessage[], tx: Sql): Promise<void> {
  await tx.query('insert into effects (stream, version) select * from unnest($1::text[], $2::int[])', [
    messages.map(({ stream }) => stream),
    messages.map(({ version }) => version),
  ]);
}

export function aMessage(stream: string, version: number | null, type = 'Happened'): PublishableMessage {
  const { schemaId, data } = codec.encode(type, { version });
  return {
    kind: version === null ? 'command' : 'event',
    stream,
    version,
    tenantId: 'tenant',
    type,
    schemaId,
    data,
    metadata: {
      messageId: `${stream}@${version}`,
      commandId: 'command',
      correlationId: 'correlation',
      causationId: 'causation',
      actor: 'actor',
    },
    recordedAt: new Date().toISOString(),
  };
}

/** Versions 1 to `versions` of each stream, the streams interleaved. */
export function history(streams: readonly string[], versions: number): Effect[] {
  return Array.from({ length: versions }, (_, i) => streams.map((stream) => ({ stream, version: i + 1 }))).flat();
}
