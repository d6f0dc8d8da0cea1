import { randomUUID } from 'node:crypto';

import type {
  ConsumerEvents,
  FetchedBatch,
  FetchedRecord,
  KafkaConsumer,
  KafkaDriver,
  TopicPartition,
} from '../driver/kafka-driver';
import { silentLogger, type MessagingLogger } from '../driver/messaging-logger';
import { Pace } from '../flow/pace';
import type { LogLayout, LogPositions } from './log-layout';

/** Records of one partition, in order, and where the next ones begin. */
export interface FollowedRecords {
  readonly slot: number;
  readonly records: readonly FetchedRecord[];
  readonly nextPosition: number;
}

export interface LogFollowerOptions {
  readonly driver: KafkaDriver;
  readonly layout: LogLayout;
  /** Where to begin, a position each slot. */
  readonly from: LogPositions;
  /** The group is `<prefix>.<random>`: it lives as long as the follower and nothing is committed to it. */
  readonly groupPrefix: string;
  /**
   * Called with the records of a partition, each once, whatever happens to the connection. While the promise is
   * pending nothing more of that broker is fetched. Must not reject.
   */
  onRecords(followed: FollowedRecords): void | Promise<void>;
  /** The log is not the one that the positions are about: it was replaced, or cut off. Nothing follows. */
  onLost(error: Error): void;
  /** Longest and shortest time between two fetches while there is little to fetch; default 10 ms. */
  readonly gapMs?: number;
  readonly logger?: MessagingLogger;
}

const GAP_MS = 10;
const LARGE_FETCH = 200;

/**
 * Reads all partitions of a layout from given positions on, alone and without a trace: many followers can read the same
 * log side by side. Every record from the positions on is handed over exactly once and in order within its partition;
 * broken connections and rebalances are survived. A follower is used once.
 */
export class LogFollower implements ConsumerEvents {
  private readonly positions: number[];
  private readonly consumer: KafkaConsumer;
  private readonly pace: Pace;
  /** Slots whose last fetch came from somewhere else than asked for. */
  private readonly astray = new Set<number>();
  private stopped = false;

  constructor(private readonly options: LogFollowerOptions) {
    const { driver, layout, groupPrefix, from, gapMs = GAP_MS } = options;
    this.positions = [...from];
    this.pace = new Pace({ shortestMs: gapMs, longestMs: gapMs });
    const topics = [...new Set(layout.partitions.map(({ topic }) => topic))];
    this.consumer = driver.consumer({ group: `${groupPrefix}.${randomUUID()}`, topics });
  }

  start(): void {
    this.consumer.start(this);
  }

  /** Resolves when nothing will be handed over any more. */
  stop(): Promise<void> {
    this.stopped = true;
    return this.consumer.stop();
  }

  onAssigned(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const slot = this.options.layout.slotOf(partition);
      if (slot !== undefined) this.consumer.seek(partition, this.positions[slot]!);
    }
  }

  onRevoked(): void {
    this.astray.clear();
  }

  onFetch(): void {
    this.pace.begin();
  }

  onFailure(error: unknown): void {
    (this.options.logger ?? silentLogger).warn({ err: error }, 'following the log broke off and goes on');
  }

  async onBatch(batch: FetchedBatch): Promise<boolean> {
    const slot = this.options.layout.slotOf(batch);
    if (slot === undefined || this.stopped || batch.isStale()) return false;
    const expected = this.positions[slot]!;
    if (batch.position !== expected) return this.backTo(expected, slot, batch);
    this.astray.delete(slot);
    const records = batch.records.filter(({ offset }) => offset >= expected);
    // Moved before they are handed over: a rebalance meanwhile must not hand them over again.
    this.positions[slot] = batch.nextPosition;
    await this.options.onRecords({ slot, records, nextPosition: batch.nextPosition });
    if (records.length < LARGE_FETCH) await this.pace.rest();
    return true;
  }

  // Once is a fetch from before the seek. Twice is a log that does not have this position.
  private backTo(expected: number, slot: number, batch: FetchedBatch): false {
    if (this.astray.has(slot)) {
      this.stopped = true;
      this.options.onLost(new Error(`${batch.topic}/${batch.partition} does not have offset ${expected}`));
      return false;
    }
    this.astray.add(slot);
    this.consumer.seek(batch, expected);
    return false;
  }
}
