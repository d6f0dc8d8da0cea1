import type { FetchedBatch, FetchedRecord, TopicPartition } from '../driver/kafka-driver';
import type { SourcePartition } from './batch-item';
import type { ConsumerDeclaration } from './consumer-declaration';
import type { SourceEras } from './source-eras';

/** A partition this member owns, as it stands in the inbox. */
export interface OwnedPartition extends SourcePartition {
  /** Fencing: the stored offset moves only while the stored epoch is this one. */
  readonly epoch: number;
  /** Committed in the inbox: the highest era of each source that took effect. */
  eras: SourceEras;
  /** Committed in the inbox: the next message to process. */
  stored: number;
  /** Gathered up to here: the next offset to take from a fetch. */
  expected: number;
}

/** What becomes of a fetched batch. */
export type Verdict =
  | { readonly take: readonly FetchedRecord[]; readonly partition: OwnedPartition }
  /** It lies above what was gathered: something moved the position. */
  | { readonly seekTo: number }
  /** The log ends below what was processed: it was replaced or truncated. */
  | { readonly logBehind: OwnedPartition };

/**
 * One generation of the group as this member sees it. Until it is claimed nothing is gathered; once it is void (a
 * rebalance, a fence, a stop) nothing of it may be processed any more.
 */
export class Assignment {
  isVoid = false;
  private readonly owned = new Map<string, OwnedPartition>();
  private decision!: Promise<boolean>;
  private decide!: (claimed: boolean) => void;
  private claimedOnce = false;

  constructor(
    readonly partitions: readonly TopicPartition[],
    private readonly replayEnd: ConsumerDeclaration['end'],
  ) {
    this.openDecision();
  }

  get isClaimed(): boolean {
    return this.claimedOnce;
  }

  get ownedPartitions(): Iterable<OwnedPartition> {
    return this.owned.values();
  }

  /** Resolves when it is known whether the partitions are ours: false for "not now". */
  whenClaimed(): Promise<boolean> {
    return this.decision;
  }

  claimed(owned: readonly OwnedPartition[]): void {
    for (const partition of owned) this.owned.set(keyOf(partition), partition);
    this.claimedOnce = true;
    this.decide(true);
  }

  /** The claim failed and is tried again; whoever waits goes away. */
  postponed(): void {
    this.decide(false);
    this.openDecision();
  }

  end(): void {
    this.isVoid = true;
    this.decide(false);
  }

  judge(batch: FetchedBatch): Verdict {
    const partition = this.owned.get(keyOf(batch));
    if (partition === undefined) throw new Error(`${keyOf(batch)} was fetched but not assigned`);
    const { expected } = partition;
    if (batch.position > expected) return { seekTo: expected };
    if (batch.highWatermark < expected) return { logBehind: partition };
    const end = this.endOf(batch);
    const whole = batch.position === expected && batch.nextPosition <= end;
    const take = whole ? batch.records : batch.records.filter(({ offset }) => offset >= expected && offset < end);
    partition.expected = Math.max(expected, batch.nextPosition);
    return { take, partition };
  }

  /** True when everything below the partition's end was gathered: nothing more of it is wanted. */
  isGathered(partition: TopicPartition): boolean {
    return (this.owned.get(keyOf(partition))?.expected ?? 0) >= this.endOf(partition);
  }

  /** True when everything below the ends of all partitions is stored. */
  isStored(): boolean {
    return this.claimedOnce && [...this.owned.values()].every((partition) => partition.stored >= this.endOf(partition));
  }

  /** Accepts that the log starts at `offset` now: what was before it is gone. */
  skipTo(batch: TopicPartition, offset: number): void {
    const partition = this.owned.get(keyOf(batch));
    if (partition !== undefined) partition.expected = Math.max(partition.expected, offset);
  }

  private endOf({ topic, partition }: TopicPartition): number {
    return this.replayEnd?.(topic, partition) ?? Number.POSITIVE_INFINITY;
  }

  private openDecision(): void {
    this.decision = new Promise((resolve) => (this.decide = resolve));
  }
}

export function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
