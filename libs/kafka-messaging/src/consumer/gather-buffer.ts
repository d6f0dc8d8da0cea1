import type { FetchedRecord } from '../driver/kafka-driver';
import type { OwnedPartition } from './assignment';

/** A record together with the partition it was gathered from. */
export interface GatheredRecord {
  readonly record: FetchedRecord;
  readonly partition: OwnedPartition;
}

interface Chunk {
  readonly partition: OwnedPartition;
  readonly records: readonly FetchedRecord[];
  from: number;
}

/** Fetched records of all partitions in arrival order, which keeps the order within each partition. */
export class GatherBuffer {
  private chunks: Chunk[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(partition: OwnedPartition, records: readonly FetchedRecord[]): void {
    if (records.length === 0) return;
    this.chunks.push({ partition, records, from: 0 });
    this.count += records.length;
  }

  /** Up to `maxRecords`, and not above `maxBytes` of values unless the first record alone is. */
  take(maxRecords: number, maxBytes: number): readonly GatheredRecord[] {
    const taken: GatheredRecord[] = [];
    let bytes = 0;
    let done = 0;
    outer: for (const chunk of this.chunks) {
      for (; chunk.from < chunk.records.length; chunk.from++) {
        const record = chunk.records[chunk.from]!;
        bytes += record.value?.length ?? 0;
        if (taken.length === maxRecords || (bytes > maxBytes && taken.length > 0)) break outer;
        taken.push({ record, partition: chunk.partition });
      }
      done++;
    }
    this.chunks.splice(0, done);
    this.count -= taken.length;
    return taken;
  }

  clear(): void {
    this.chunks = [];
    this.count = 0;
  }

  /** The first record of each gathered chunk. */
  *heads(): Iterable<FetchedRecord> {
    for (const chunk of this.chunks) {
      const head = chunk.records[chunk.from];
      if (head !== undefined) yield head;
    }
  }
}
