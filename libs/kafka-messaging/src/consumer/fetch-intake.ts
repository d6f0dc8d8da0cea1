import type { ConsumerEvents, FetchedBatch, KafkaAdmin, KafkaConsumer, TopicPartition } from '../driver/kafka-driver';
import type { MessagingLogger } from '../driver/messaging-logger';
import { Gate } from '../flow/gate';
import { Pace } from '../flow/pace';
import type { Wakeup } from '../flow/wakeup';
import { Assignment, keyOf } from './assignment';
import type { ConsumerDeclaration } from './consumer-declaration';
import { GatherBuffer } from './gather-buffer';

export interface IntakeParts {
  readonly consumer: KafkaConsumer;
  /** Asked for the start of a log that seems to have been cut off. */
  readonly admin: () => KafkaAdmin;
  /** Rung for everything the loop has to look at. */
  readonly bell: Wakeup;
  readonly logger: MessagingLogger;
  /** Gathered above this, fetches wait until half of it is taken. */
  readonly highWater: number;
  /** Nothing at or above it is gathered. */
  readonly end?: ConsumerDeclaration['end'];
}

/** Gathered above this, the next fetch does not wait: rounds are large enough. */
const LARGE_ROUND = 200;

/**
 * The fetching half of a consumer: follows the assignment and gathers what is fetched of all partitions. A batch is
 * handed over and its handler returns, so fetching and processing overlap; only a full buffer holds a fetch back.
 */
export class FetchIntake implements ConsumerEvents {
  readonly buffer = new GatherBuffer();
  assignment: Assignment | null = null;
  lastFetchAt: number | null = null;
  lastFailure: unknown = null;
  /** Keeps fetches apart by twice the time that a batch takes to process. */
  readonly pace = new Pace({ shortestMs: 5, longestMs: 40 });
  private readonly space = new Gate();
  private readonly gaps = new Map<string, number>();
  private closed = false;

  constructor(private readonly parts: IntakeParts) {}

  onAssigned(partitions: readonly TopicPartition[]): void {
    this.drop();
    if (this.closed) return;
    this.lastFailure = null;
    this.assignment = new Assignment(partitions, this.parts.end);
    this.parts.bell.ring();
  }

  onRevoked(): void {
    this.drop();
    this.parts.bell.ring();
  }

  onFetch(): void {
    this.lastFetchAt = Date.now();
    this.pace.begin();
  }

  onFailure(error: unknown): void {
    this.lastFailure = error;
  }

  async onBatch(batch: FetchedBatch): Promise<boolean> {
    const assignment = this.assignment;
    if (assignment === null || !(await assignment.whenClaimed())) return false;
    if (assignment.isVoid || batch.isStale()) return false;
    if (!(await this.gather(batch, assignment))) return false;
    if (this.buffer.size > this.parts.highWater) this.space.close();
    this.parts.bell.ring();
    await this.space.pass();
    if (this.buffer.size < LARGE_ROUND) await this.pace.rest();
    return true;
  }

  /** Call after taking from the buffer. */
  taken(): void {
    if (this.buffer.size <= this.parts.highWater / 2) this.space.open();
  }

  /** Stops fetching without letting go of what is gathered; handlers return, so the membership stays alive. */
  pause(): void {
    this.parts.consumer.pause(this.assignment?.partitions ?? []);
    this.space.open();
  }

  resume(): void {
    const { assignment } = this;
    if (assignment === null) return;
    const rest = (each: TopicPartition): boolean => assignment.isGathered(each);
    this.parts.consumer.pause(assignment.partitions.filter(rest));
    this.parts.consumer.resume(assignment.partitions.filter((each) => !rest(each)));
  }

  /** Nothing is gathered any more, and everything gathered is dropped. */
  close(): void {
    this.closed = true;
    this.drop();
  }

  /** Drops everything and joins again. */
  startOver(): void {
    this.drop();
    this.parts.consumer.rejoin();
  }

  /** Voids the assignment: what was gathered under it belongs to whoever is assigned next. */
  drop(): void {
    this.assignment?.end();
    this.assignment = null;
    this.buffer.clear();
    this.gaps.clear();
    this.space.open();
  }

  private async gather(batch: FetchedBatch, assignment: Assignment): Promise<boolean> {
    const verdict = assignment.judge(batch);
    if ('take' in verdict) {
      this.gaps.delete(keyOf(batch));
      this.buffer.add(verdict.partition, verdict.take);
      if (assignment.isGathered(batch)) this.parts.consumer.pause([batch]);
      return true;
    }
    if ('logBehind' in verdict) this.refuseLog(batch);
    else await this.seekBack(batch, assignment, verdict.seekTo);
    return false;
  }

  // Once is a position that moved without us. Twice at the same place is a log that does not reach back that far.
  private async seekBack(batch: FetchedBatch, assignment: Assignment, offset: number): Promise<void> {
    const { consumer, logger, admin } = this.parts;
    const key = keyOf(batch);
    if (this.gaps.get(key) === offset) {
      const earliest = await logStart(admin(), batch).catch(() => null);
      if (earliest !== null && earliest > offset) {
        logger.error(
          { partition: key, from: offset, to: earliest },
          'the log was cut off in front of unprocessed messages',
        );
        assignment.skipTo(batch, earliest);
        offset = earliest;
      }
    }
    this.gaps.set(key, offset);
    if (!assignment.isVoid) consumer.seek(batch, offset);
  }

  // The claim that follows finds out what became of the log, and goes on refusing it.
  private refuseLog(batch: FetchedBatch): void {
    const { highWatermark } = batch;
    this.parts.logger.error({ partition: keyOf(batch), highWatermark }, 'the log ends below what was processed');
    this.startOver();
  }
}

async function logStart(admin: KafkaAdmin, { topic, partition }: TopicPartition): Promise<number | null> {
  const offsets = await admin.offsets(topic);
  return offsets.find((each) => each.partition === partition)?.earliest ?? null;
}
