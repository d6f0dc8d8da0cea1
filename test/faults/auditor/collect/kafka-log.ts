import { topicCatalogue } from '@codex/contracts';
import {
  Header,
  headerText,
  kafkajsDriver,
  splitSchemaPrefix,
  type FetchedRecord,
  type KafkaDriver,
  type TopicPartition,
} from '@codex/kafka-messaging';
import { v7 as uuidv7 } from 'uuid';
import type { LoggedMessage } from '../evidence';

const PATIENCE_MS = 30_000;
const topics = topicCatalogue.map(({ name }) => name);

/** Every topic of the catalogue, from offset 0 to where its partitions end now. */
export async function readLog(brokers: readonly string[]): Promise<readonly LoggedMessage[]> {
  const driver = kafkajsDriver({ brokers, clientId: 'auditor' });
  const missing = await ends(driver);
  const read: LoggedMessage[] = [];
  if (missing.size === 0) return read;
  const consumer = driver.consumer({ group: `auditor-${uuidv7()}`, topics, maxWaitMs: 50 });
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the log was not read within ${PATIENCE_MS} ms`)), PATIENCE_MS);
      consumer.start({
        onAssigned: (partitions) => partitions.forEach((partition) => consumer.seek(partition, 0)),
        onRevoked: () => undefined,
        onFetch: () => undefined,
        onFailure: () => undefined,
        async onBatch(batch) {
          if (batch.isStale()) return false;
          read.push(...batch.records.map((record) => loggedMessage(record, batch)));
          if (batch.nextPosition >= (missing.get(nameOf(batch)) ?? 0)) missing.delete(nameOf(batch));
          if (missing.size === 0) {
            clearTimeout(timer);
            resolve();
          }
          return true;
        },
      });
    });
  } finally {
    await consumer.stop();
  }
  return distinct(read);
}

/** Where each partition that holds anything ends. */
async function ends(driver: KafkaDriver): Promise<Map<string, number>> {
  const admin = driver.admin();
  try {
    const offsets = await Promise.all(
      topics.map(async (topic) => (await admin.offsets(topic)).map((each) => ({ topic, ...each }))),
    );
    const filled = offsets.flat().filter(({ latest }) => latest > 0);
    return new Map(filled.map((each) => [nameOf(each), each.latest]));
  } finally {
    await admin.close();
  }
}

/** In offset order, and once each: a new generation of the group starts over. */
function distinct(read: readonly LoggedMessage[]): readonly LoggedMessage[] {
  const byPlace = new Map(read.map((message) => [`${nameOf(message)}@${message.offset}`, message]));
  return [...byPlace.values()].toSorted((a, b) => a.offset - b.offset);
}

function loggedMessage({ offset, key, value, headers }: FetchedRecord, partition: TopicPartition): LoggedMessage {
  const version = headerText(headers, Header.streamVersion);
  return {
    topic: partition.topic,
    partition: partition.partition,
    offset,
    key: key?.toString() ?? '',
    id: headerText(headers, Header.id) ?? '',
    stream: headerText(headers, Header.subject) ?? '',
    version: version === undefined ? null : Number(version),
    raw: splitSchemaPrefix(value)?.body ?? Buffer.alloc(0),
  };
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
