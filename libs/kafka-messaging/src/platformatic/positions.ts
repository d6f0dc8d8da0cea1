import type { TopicPartition } from '../driver/kafka-driver';

/** A partition of this member and where its next fetch begins; null until that is known. */
export interface PartitionPosition extends TopicPartition {
  offset: number | null;
  paused: boolean;
  /** Counts the seeks: what was fetched under an earlier count is obsolete. */
  seeks: number;
}

/** The partitions of one generation of the group. Once void, nothing fetched under it may be taken any more. */
export class Positions {
  isVoid = false;
  private readonly byKey: ReadonlyMap<string, PartitionPosition>;

  constructor(partitions: readonly TopicPartition[]) {
    this.byKey = new Map(
      partitions.map(({ topic, partition }) => [
        `${topic}/${partition}`,
        { topic, partition, offset: null, paused: false, seeks: 0 },
      ]),
    );
  }

  /** Those without an offset yet. */
  unknown(): PartitionPosition[] {
    return [...this.byKey.values()].filter(({ offset }) => offset === null);
  }

  fetchable(): PartitionPosition[] {
    return [...this.byKey.values()].filter(({ offset, paused }) => offset !== null && !paused);
  }

  seek(partition: TopicPartition, offset: number): void {
    const position = this.get(partition);
    if (position === undefined) return;
    position.offset = offset;
    position.seeks++;
  }

  pause(partitions: readonly TopicPartition[], paused: boolean): void {
    for (const partition of partitions) {
      const position = this.get(partition);
      if (position !== undefined) position.paused = paused;
    }
  }

  get({ topic, partition }: TopicPartition): PartitionPosition | undefined {
    return this.byKey.get(`${topic}/${partition}`);
  }
}
