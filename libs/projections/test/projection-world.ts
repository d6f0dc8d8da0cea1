import type { MessageCodec } from '@codex/event-sourcing';
import {
  inboxMigrations,
  kafkajsDriver,
  outgoingRecord,
  type KafkaDriver,
  type KafkaProducer,
} from '@codex/kafka-messaging';
import { withBriefWaits } from '@codex/kafka-messaging/testing';
import { createPool, runMigrations } from '@codex/postgres';
import { createTestDatabase, createTestTopics, serverAddresses } from '@codex/testing';
import type { Pool } from 'pg';
import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';
import { appendProjection, foldProjection, projectionMigrations, ProjectionHost, type Projection } from '../src';

/** Bodies are JSON: what a projection does with data does not depend on Avro. */
export const jsonCodec: MessageCodec = {
  encode: (type, data) => ({ schemaId: 1, data: Buffer.from(JSON.stringify({ type, data })) }),
  decode: (_schemaId, body) => JSON.parse(body.toString()) as { type: string; data: unknown },
};

/** One event of a spec; versions are given by {@link World.publish}. */
export interface SpecEvent {
  readonly stream: string;
  readonly type: string;
  readonly data: unknown;
  readonly recordedAt?: string;
}

/** A database, a topic and hosts of their own. */
export interface World extends AsyncDisposable {
  readonly pool: Pool;
  readonly databaseUrl: string;
  readonly topic: string;
  /** Gives the events their versions and puts them on the topic, in order. */
  publish(events: readonly SpecEvent[]): Promise<void>;
  /** The next event of every stream is its first again. */
  forget(): void;
  /** A host that is started and stopped with the world. */
  host(projections: readonly Projection[]): Promise<ProjectionHost>;
}

export async function createWorld(name: string, partitions = 3): Promise<World> {
  const [database, topics] = await Promise.all([
    createTestDatabase(name),
    createTestTopics(['spec.events.v1'], { partitions }),
  ]);
  const topic = topics.topics['spec.events.v1'];
  const pool = createPool({ connectionString: database.url, applicationName: name, maxConnections: 20 });
  await runMigrations(pool, 'projections_meta.migrations', [...inboxMigrations, ...projectionMigrations]);
  const kafka = kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: name, tls: false });
  const driver = withGroupsOf(topic, withBriefWaits(kafka));
  const producer = driver.producer();
  const versions = new Map<string, number>();
  const hosts: ProjectionHost[] = [];
  return {
    pool,
    databaseUrl: database.url,
    topic,
    publish: (events) => send(producer, topic, versions, events),
    forget: () => versions.clear(),
    async host(projections) {
      const host = new ProjectionHost({ pool, driver, codec: jsonCodec, projections });
      hosts.push(host);
      await host.start();
      return host;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(hosts.map((host) => host.stop()));
      await producer.close();
      await pool.end();
      await Promise.all([database.dispose(), topics.dispose()]);
    },
  };
}

/** Groups of Kafka that no other world is in: generations are called the same in all of them. */
function withGroupsOf(world: string, driver: KafkaDriver): KafkaDriver {
  return {
    producer: () => driver.producer(),
    consumer: (options) => driver.consumer({ ...options, group: `${options.group}.${world}` }),
    admin: () => driver.admin(),
  };
}

async function send(
  producer: KafkaProducer,
  topic: string,
  versions: Map<string, number>,
  events: readonly SpecEvent[],
): Promise<void> {
  const addressing = { topicOf: () => topic, source: 'spec', schemaNameOf: () => 'spec.Event' };
  const records = events.map(({ stream, type, data, recordedAt }) => {
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    const metadata = { ...ids(), messageId: uuidv7() };
    const body = jsonCodec.encode(type, data);
    const at = recordedAt ?? new Date().toISOString();
    const about = { kind: 'event', stream, version, tenantId: TENANT, type, recordedAt: at } as const;
    return outgoingRecord({ ...about, ...body, metadata }, addressing);
  });
  for (let from = 0; from < records.length; from += CHUNK) await producer.send(records.slice(from, from + CHUNK));
}

const CHUNK = 500;
const TENANT = '0190b6f0-0000-7000-8000-00000000000a';

function ids() {
  return { commandId: 'command', correlationId: 'correlation', causationId: 'causation', actor: 'actor' };
}

/** The same id for the same name. */
export function idNamed(name: string): string {
  return uuidv5(name, TENANT);
}

export type CounterRow = {
  id: string;
  total: number;
  last: string | null;
  at: string;
  tags: unknown;
  big: number | null;
  share: number | null;
  open: boolean;
  version: number;
};

/** Counts what happens to a counter; `Removed` takes its row away. */
export function countersProjection(topic: string, changes: Partial<Projection> = {}): Projection {
  return {
    ...foldProjection<CounterRow>({
      name: 'counters',
      schema: 'spec',
      version: 1,
      topics: [topic],
      category: 'Counter',
      key: ['id'],
      columns: {
        id: 'uuid',
        total: 'integer',
        last: 'text',
        at: 'timestamptz',
        tags: 'jsonb',
        big: 'bigint',
        share: 'double precision',
        open: 'boolean',
        version: 'integer',
      },
      keyOf: (stream) => stream.slice('Counter-'.length),
      evolve(row, event) {
        if (event.type === 'Removed') return null;
        if (event.type === 'Ignored') return row;
        if (event.type === 'Exploded') throw new Error('this event can not be folded');
        const data = event.data as { by: number } & Partial<CounterRow>;
        const { last = null, tags = null, big = null, share = null, open = false } = data;
        const at = new Date(event.recordedAt).toISOString();
        const total = (row?.total ?? 0) + data.by;
        return { id: event.stream.slice(8), total, last, at, tags, big, share, open, version: event.version };
      },
    }),
    ...changes,
  } as Projection;
}

export type LogRow = { stream: string; version: number; at: string; type: string; data: unknown };

/** One row an event of any stream. */
export function logProjection(topic: string): Projection {
  return appendProjection<LogRow>({
    name: 'log',
    schema: 'spec',
    version: 1,
    topics: [topic],
    category: null,
    key: ['stream', 'version'],
    streamColumn: 'stream',
    columns: { stream: 'text', version: 'integer', at: 'timestamptz', type: 'text', data: 'jsonb' },
    rowsOf: ({ stream, version, recordedAt, type, data }) => [{ stream, version, at: recordedAt, type, data }],
  });
}

/** `count` events spread over `streams` counters. */
export function additions(count: number, streams: number, salt = ''): SpecEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    stream: `Counter-${idNamed(`${salt}${index % streams}`)}`,
    type: 'Added',
    data: { by: 1, last: `n${index}`, tags: { index, list: [index, null] } },
  }));
}
