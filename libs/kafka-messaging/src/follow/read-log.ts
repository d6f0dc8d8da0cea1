import type { FetchedRecord, KafkaDriver, TopicPartition } from '../driver/kafka-driver';
import { silentLogger, type MessagingLogger } from '../driver/messaging-logger';
import { LogFollower } from './log-follower';
import { hasReached, logExtent, type LogExtent } from './log-layout';

/** Records of one partition on their way, in order. */
export interface ReadRecords {
  readonly partition: TopicPartition;
  readonly records: readonly FetchedRecord[];
}

export interface ReadLogOptions {
  readonly driver: KafkaDriver;
  readonly topics: readonly string[];
  /** Names the group that reads; nothing is committed to it. */
  readonly groupPrefix: string;
  /** The next records of the partition wait for it. A rejection ends the reading with it. */
  onRecords(read: ReadRecords): void | Promise<void>;
  readonly logger?: MessagingLogger;
}

/**
 * Reads topics from their beginning to where they end when it is called, every record once and in order within its
 * partition, and resolves with the extent that was read. Nothing bounds how long Kafka may be away meanwhile.
 */
export async function readLog({ driver, topics, groupPrefix, ...options }: ReadLogOptions): Promise<LogExtent> {
  const extent = await extentOf(driver, topics);
  const { layout, earliest, latest } = extent;
  if (hasReached(earliest, latest)) return extent;
  const done = Promise.withResolvers<void>();
  const positions = [...earliest];
  const follower = new LogFollower({
    ...{ driver, layout, from: earliest, groupPrefix, logger: options.logger ?? silentLogger },
    onLost: (error) => done.reject(error),
    onRecords: async ({ slot, records, nextPosition }) => {
      const wanted = records.filter(({ offset }) => offset < latest[slot]!);
      try {
        if (wanted.length > 0) await options.onRecords({ partition: layout.partitions[slot]!, records: wanted });
      } catch (error) {
        done.reject(error);
      }
      positions[slot] = nextPosition;
      if (hasReached(positions, latest)) done.resolve();
    },
  });
  follower.start();
  try {
    await done.promise;
  } finally {
    await follower.stop();
  }
  return extent;
}

async function extentOf(driver: KafkaDriver, topics: readonly string[]): Promise<LogExtent> {
  const admin = driver.admin();
  try {
    return await logExtent(admin, topics);
  } finally {
    await admin.close();
  }
}
