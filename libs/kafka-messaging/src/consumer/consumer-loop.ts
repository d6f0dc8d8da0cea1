import type { Sql } from '@codex/postgres';

import type { KafkaConsumer } from '../driver/kafka-driver';
import type { MessagingLogger } from '../driver/messaging-logger';
import type { Wakeup } from '../flow/wakeup';
import type { MessageReader } from '../record/consumed-message';
import type { Assignment } from './assignment';
import { ConsumerFenced } from '../inbox/inbox-errors';
import { batchItem } from './batch-item';
import { settle } from './batch-settler';
import { HandlerFailed, type BatchTransaction, type CommittedBatch, type OwnedItem } from './batch-transaction';
import { consequenceOf, type FailurePolicy } from './failure-policy';
import type { FetchIntake } from './fetch-intake';
import { PassedOver } from './passed-over';
import { logRefusalOf, type LogGuard } from './log-guard';

export interface LoopParts<Tx extends Sql> {
  readonly consumer: KafkaConsumer;
  readonly intake: FetchIntake;
  readonly logs: LogGuard<Tx>;
  readonly transaction: BatchTransaction<Tx>;
  readonly reader: MessageReader;
  readonly policy: FailurePolicy;
  readonly bell: Wakeup;
  readonly logger: MessagingLogger;
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** Somebody waits until every offset below an end is stored. */
  readonly hasEnd: boolean;
  /** Called when partitions were claimed, and after every commit. */
  readonly onProgress: () => void;
}

/**
 * The processing half of a consumer: claims what is assigned, takes what is gathered, and brings one batch at a time to
 * its end. The next full batch is decoded while the database works on the one before.
 */
export class ConsumerLoop<Tx extends Sql> {
  waitingSince: number | null = null;
  batchSince: number | null = null;
  lastProgressAt: number | null = null;
  lastError: unknown = null;
  processed = 0;
  parked = 0;
  /** What is being processed, for the lag. */
  current: readonly OwnedItem[] = [];
  private readonly passedOver: PassedOver;
  private ahead: { readonly assignment: Assignment; readonly items: readonly OwnedItem[] } | null = null;
  private stopping = false;
  private isPoked = false;

  constructor(private readonly parts: LoopParts<Tx>) {
    this.passedOver = new PassedOver({ holds: !parts.hasEnd });
  }

  /** Ends the loop after the transaction in flight. */
  stop(): void {
    this.stopping = true;
    this.parts.bell.ring();
  }

  /** Ends a wait early. */
  poke(): void {
    this.isPoked = true;
    this.parts.bell.ring();
  }

  /** Resolves after `stop`, when nothing is in flight. */
  async run(): Promise<void> {
    let claimFailures = 0;
    while (!this.stopping) {
      const { assignment } = this.parts.intake;
      if (assignment !== null && !assignment.isClaimed) {
        claimFailures = (await this.claim(assignment, claimFailures)) ? 0 : claimFailures + 1;
        continue;
      }
      const taken = assignment === null ? [] : this.next(assignment);
      const items = assignment === null ? [] : this.passedOver.sift(taken, assignment);
      if (taken.length > 0 && items.length === 0) continue;
      if (assignment === null || items.length === 0) {
        await this.parts.bell.wait(this.passedOver.dueInMs());
        // The batches of one fetch arrive in one turn: let all of them be gathered.
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      await this.process(items, assignment);
    }
  }

  private async claim(assignment: Assignment, failures: number): Promise<boolean> {
    const { logs, transaction, consumer, intake, policy } = this.parts;
    try {
      const owned = await logs.claim(assignment.partitions);
      await transaction.loadNotes();
      if (assignment.isVoid) return true;
      for (const partition of owned) consumer.seek(partition, partition.stored);
      assignment.claimed(owned);
      intake.resume();
      this.waitingSince = null;
      this.lastError = null;
      this.parts.onProgress();
      return true;
    } catch (error) {
      intake.pause();
      assignment.postponed();
      this.isPoked = false;
      const next = consequenceOf('transient', failures + 1, { policy, random: Math.random() });
      await this.wait(assignment, next.act === 'wait' ? next.waitMs : policy.lastWaitMs, error);
      return false;
    }
  }

  private isOver(assignment: Assignment): boolean {
    return this.stopping || assignment.isVoid;
  }

  private next(assignment: Assignment): readonly OwnedItem[] {
    const ahead = this.ahead;
    this.ahead = null;
    return ahead?.assignment === assignment ? ahead.items : this.take();
  }

  private take(): readonly OwnedItem[] {
    const { intake, maxMessages, maxBytes, reader } = this.parts;
    const gathered = intake.buffer.take(maxMessages, maxBytes);
    intake.taken();
    return gathered.map(({ record, partition }) => batchItem(record, partition, reader));
  }

  private async process(items: readonly OwnedItem[], assignment: Assignment): Promise<void> {
    const { intake, policy, transaction, maxMessages } = this.parts;
    this.current = items;
    this.batchSince = Date.now();
    const startedAt = performance.now();
    const settling = settle(items, {
      policy,
      run: (part, culprit) => transaction.run(part, culprit),
      committed: (part, batch) => this.committed(part, batch),
      isOver: () => this.isOver(assignment),
      fenced: () => {
        // After a rebalance the membership is a new one already: only who still believes in the old one joins again.
        if (intake.assignment !== assignment) return;
        intake.startOver();
      },
      wait: (waitMs, failure, culprit) => {
        intake.pause();
        return this.waitAt(culprit, assignment, { waitMs, failure });
      },
      random: Math.random,
    });
    // Only full batches are taken ahead: a small one would rather grow while the database is busy.
    if (intake.buffer.size >= maxMessages) this.ahead = { assignment, items: this.take() };
    await settling;
    intake.pace.took(2 * (performance.now() - startedAt));
    this.current = [];
    this.batchSince = null;
  }

  private committed(items: readonly OwnedItem[], { afterCommit, parked, eras }: CommittedBatch): void {
    for (const { partition, record } of items) partition.stored = record.offset + 1;
    for (const [partition, begun] of eras) partition.eras = new Map([...partition.eras, ...begun]);
    this.processed += items.length;
    this.parked += parked.length;
    this.lastProgressAt = this.batchSince = Date.now();
    if (this.waitingSince !== null) {
      this.waitingSince = null;
      this.lastError = null;
      this.parts.intake.resume();
    }
    for (const { entity, partition, record } of parked) {
      const { topic } = partition;
      this.parts.logger.error(
        { entity, topic, partition: partition.partition, offset: record.offset },
        'entity parked',
      );
    }
    this.parts.onProgress();
    try {
      afterCommit?.();
    } catch (error) {
      this.parts.logger.warn({ err: error }, 'work after a commit failed');
    }
  }

  /** Operators see where it waits. Who was taken past that place by one of them starts over. */
  private async waitAt(
    culprit: OwnedItem | null,
    assignment: Assignment,
    { waitMs, failure }: { readonly waitMs: number; readonly failure: unknown },
  ): Promise<void> {
    const cause = failure instanceof HandlerFailed ? failure.cause : failure;
    do {
      this.isPoked = false;
      if (culprit !== null && !(await this.note(culprit, cause))) return this.parts.intake.startOver();
      await this.wait(assignment, waitMs, cause);
    } while (this.isPoked && culprit !== null);
  }

  /** False when the partition was moved on. A database that is away is met again at the next attempt. */
  private async note(culprit: OwnedItem, cause: unknown): Promise<boolean> {
    try {
      await this.parts.transaction.noteWaiting(culprit, cause);
      return true;
    } catch (error) {
      return !(error instanceof ConsumerFenced);
    }
  }

  private async wait(assignment: Assignment, waitMs: number, failure: unknown): Promise<void> {
    this.lastError = failure;
    this.waitingSince ??= Date.now();
    const { logger } = this.parts;
    if (logRefusalOf(failure) !== null)
      logger.error({ err: failure }, 'nothing is processed of a log that is not ours');
    else logger.warn({ err: failure, waitMs }, 'the consumer waits and tries again');
    await this.parts.bell.pause(waitMs, () => this.isOver(assignment) || this.isPoked);
  }
}
