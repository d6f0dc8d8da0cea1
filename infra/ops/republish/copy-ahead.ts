import type { Context, MovedTopic, TopicPlaces } from '@codex/contracts';
import type { KafkaDriver } from '@codex/kafka-messaging';
import type { KafkaConfig } from '@codex/platform';
import { OpsError } from '../ops-error';

export interface CopyAheadOptions {
  readonly context: Context;
  /** Names the relay whose topic it is. */
  readonly service: string;
  /** Of the running service: it is read, and how far the copy came is stored in it. */
  readonly databaseUrl: string;
  readonly driver: KafkaDriver;
  /** Where topics are, this one among them. */
  readonly kafka: Pick<KafkaConfig, 'schemaRegistryUrl'> & { readonly topics: TopicPlaces };
  readonly topic: MovedTopic;
  /** Called after every batch. */
  readonly progress?: (copied: { readonly events: number; readonly upTo: string }) => void;
}

const LOCK_WITHIN_MS = 3_000;

/**
 * Creates the topic that a context is going to move to, and copies what the context published so far, while the service
 * publishes on. It may be interrupted at any point and repeated. Resolves with the number of events that were copied this
 * time. Throws {@link OpsError} when the topic can't be moved to, or somebody else copies for this service.
 */
export async function copyAhead(options: CopyAheadOptions): Promise<number> {
  const { acquireRelayLock, PostgresTopicMoves } = await import('@codex/event-store-postgres');
  const { eventTopicOf } = await import('@codex/contracts');
  const { createPool } = await import('@codex/postgres');
  const { context, service, topic, databaseUrl } = options;
  const database = { connectionString: databaseUrl, applicationName: `republish ${service}`, maxConnections: 2 };
  const pool = createPool(database);
  pool.on('error', () => undefined);
  try {
    const moves = new PostgresTopicMoves(pool, service, eventTopicOf(context));
    const state = await moves.stateOf(topic.name, { enter: false });
    if (state === 'left')
      throw new OpsError(`${service} left ${topic.name} for another topic: choose another --suffix`);
    if (state === 'current')
      throw new OpsError(`${service} publishes on ${topic.name} already: there is nothing to copy`);
    await createTopic(options);
    const signal = AbortSignal.timeout(LOCK_WITHIN_MS);
    const lock = await acquireRelayLock(database, `republish ${service}`, { signal }).catch(() => {
      throw new OpsError(`another republish of ${context} is running on this database`);
    });
    try {
      return await copy(options, { pool, moves, lost: lock.lost });
    } finally {
      await lock.release();
    }
  } finally {
    await pool.end();
  }
}

async function createTopic({ driver, kafka, topic }: CopyAheadOptions): Promise<void> {
  const admin = driver.admin();
  try {
    const { config } = kafka.topics.definitions.find(({ name }) => name === topic.name)!;
    await admin.ensureTopics([{ ...topic, config }]);
    const found = (await admin.describe([topic.name])).topics[0]?.partitions;
    if (found === topic.partitions) return;
    throw new OpsError(
      `${topic.name} exists with ${found} partitions, not ${topic.partitions}: choose another --suffix`,
    );
  } finally {
    await admin.close();
  }
}

type Copying = {
  readonly pool: import('pg').Pool;
  readonly moves: import('@codex/kafka-messaging').TopicMoves;
  readonly lost: AbortSignal;
};

async function copy(options: CopyAheadOptions, { pool, moves, lost }: Copying): Promise<number> {
  const { PostgresRelayReader } = await import('@codex/event-store-postgres');
  const { BatchSender, TopicCopy, Wakeup } = await import('@codex/kafka-messaging');
  const { addressingOf, createLogger } = await import('@codex/platform');
  const { context, service, driver, kafka, topic } = options;
  const logger = createLogger('ops', 'warn');
  const addressing = await addressingOf({ context, kafka, logger });
  const producer = driver.producer();
  const sender = new BatchSender({ producer, addressing, logger, bell: new Wakeup() });
  const parts = { topic: { name: topic.name, moves }, source: new PostgresRelayReader(pool, service) };
  try {
    const copied = new TopicCopy({ ...parts, sender, addressing, batchRows: 1_000, progress: options.progress });
    if (await copied.fill({ lost, isOutOfTime: () => false })) return sender.published;
    throw new OpsError('the lock was lost: run it again, it goes on where it was');
  } finally {
    await producer.close();
  }
}
