import { createHash } from 'node:crypto';

import type { FetchedBatch, KafkaAdmin, TopicPartition } from '../driver/kafka-driver';

/** Next offsets to read, one a slot of a {@link LogLayout}. */
export type LogPositions = readonly number[];

/** Every partition of some topics under a fixed number, its slot: topics in the order given, partitions by number. */
export class LogLayout {
  readonly partitions: readonly TopicPartition[];
  private readonly firstSlots = new Map<string, number>();

  constructor(topics: readonly { readonly name: string; readonly partitions: number }[]) {
    const all: TopicPartition[] = [];
    for (const { name, partitions } of topics) {
      this.firstSlots.set(name, all.length);
      for (let partition = 0; partition < partitions; partition++) all.push({ topic: name, partition });
    }
    this.partitions = all;
  }

  /** Undefined for a partition that was not there when the layout was made. */
  slotOf({ topic, partition }: TopicPartition | FetchedBatch): number | undefined {
    const slot = (this.firstSlots.get(topic) ?? Number.NaN) + partition;
    const known = this.partitions[slot];
    return known?.topic === topic && known.partition === partition ? slot : undefined;
  }
}

/** Where a log begins and ends now, and which log it is. */
export interface LogExtent {
  readonly layout: LogLayout;
  readonly earliest: LogPositions;
  readonly latest: LogPositions;
  /** Of the cluster, the topics and their partitions: another one means that positions mean something else. */
  readonly fingerprint: Buffer;
}

const FINGERPRINT_BYTES = 6;

/**
 * Asks the cluster. The end of each partition is not before anything that was acknowledged before the call. Throws
 * `Unavailable` when Kafka is, or does not have all of these topics.
 */
export async function logExtent(admin: KafkaAdmin, topics: readonly string[]): Promise<LogExtent> {
  const [{ clusterId, topics: known }, offsets] = await Promise.all([
    admin.describe(topics),
    Promise.all(topics.map((topic) => admin.offsets(topic))),
  ]);
  const shapes = topics.map((name, index) => {
    const topicId = known.find((topic) => topic.name === name)?.topicId ?? null;
    return { name, topicId, partitions: offsets[index]!.length };
  });
  const identity = JSON.stringify([clusterId, shapes]);
  return {
    layout: new LogLayout(shapes),
    earliest: offsets.flatMap((list) => list.map(({ earliest }) => earliest)),
    latest: offsets.flatMap((list) => list.map(({ latest }) => latest)),
    fingerprint: createHash('sha256').update(identity).digest().subarray(0, FINGERPRINT_BYTES),
  };
}

/** True when every position of `reached` is at `wanted` or behind it. */
export function hasReached(reached: LogPositions, wanted: LogPositions): boolean {
  return wanted.every((offset, slot) => reached[slot]! >= offset);
}
