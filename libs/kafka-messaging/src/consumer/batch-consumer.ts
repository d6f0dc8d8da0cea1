import { newId, type MessageCodec } from '@codex/event-sourcing';
import type { Sql } from '@codex/postgres';

import type { KafkaAdmin, KafkaConsumer, KafkaDriver } from '../driver/kafka-driver';
import { silentLogger, type MessagingLogger } from '../driver/messaging-logger';
import { Wakeup } from '../flow/wakeup';
import { DeadLetterDesk } from '../inbox/dead-letter-desk';
import type { DeadLetterJournal, OperatorAct } from '../inbox/dead-letter-journal';
import { adoptLogs, type LogAdoption } from '../inbox/log-adoption';
import { BatchTransaction } from './batch-transaction';
import type { ConsumerDeclaration } from './consumer-declaration';
import { firstOfEach, lagOf, STALE_AFTER_MS, type ConsumerHealth, type ConsumerState } from './consumer-health';
import { ConsumerLoop } from './consumer-loop';
import { defaultFailurePolicy } from './failure-policy';
import { FetchIntake } from './fetch-intake';
import { LogGuard, logRefusalOf } from './log-guard';
import { OffsetReporter } from './offset-reporter';

export interface ConsumerParts {
  readonly driver: KafkaDriver;
  readonly codec: MessageCodec;
  readonly logger?: MessagingLogger;
  /** Hears of everything that happens to dead letters, in its transaction. Default: nobody does. */
  readonly journal?: DeadLetterJournal;
  /** Kafka hears of the offsets this often, for lag tools only. Default 5000. */
  readonly reportOffsetsMs?: number;
  /** Values in one transaction, unless a single message is larger. Default 8 MiB. */
  readonly maxBatchBytes?: number;
  readonly sessionTimeoutMs?: number;
}

const DEFAULT_MAX_MESSAGES = 1_000;
const DEFAULT_MAX_BYTES = 8 * 1_048_576;
const DRAIN_INTERVAL_MS = 30_000;
/** kafkajs can't be woken where nothing is left to fetch, and a consumer that reads to an end is soon there. */
const WAIT_NEAR_END_MS = 100;
const NO_JOURNAL: DeadLetterJournal = { record: () => Promise.resolve(), adopted: () => Promise.resolve() };

/**
 * Runs a {@link ConsumerDeclaration}: every message of its topics takes effect exactly once in the declaration's
 * database, per entity in order, through crashes, rebalances, and outages of Kafka and Postgres.
 *
 * It never gives up: what passes is waited for, what does not is parked with a dead letter. Only a log that was replaced,
 * or ends below what was processed, stops it, and shows in {@link health}; it goes on when that log is back.
 */
export class BatchConsumer<Tx extends Sql = Sql> {
  /** Redrive and discard what this consumer parked, skip what it waits at. */
  readonly deadLetters: DeadLetterDesk<Tx>;
  private readonly consumer: KafkaConsumer;
  private readonly intake: FetchIntake;
  private readonly loop: ConsumerLoop<Tx>;
  private readonly logs: LogGuard<Tx>;
  private readonly reporter: OffsetReporter;
  private readonly journal: DeadLetterJournal;
  private readonly logger: MessagingLogger;
  private readonly atEnd = Promise.withResolvers<void>();
  private admin: KafkaAdmin | null = null;
  private running: Promise<void> | null = null;
  private stopped: Promise<void> | null = null;
  private drainTimer: NodeJS.Timeout | undefined;
  private startedAt = 0;
  private state: 'starting' | 'running' | 'stopping' | 'stopped' = 'starting';

  constructor(
    private readonly declaration: ConsumerDeclaration<Tx>,
    private readonly parts: ConsumerParts,
  ) {
    const { group, topics, handles, guard, categories, end } = declaration;
    this.logger = parts.logger ?? silentLogger;
    const wants = (type: string): boolean => handles === 'all' || handles.has(type);
    const reader = { codec: parts.codec, wants, categories };
    const owner = newId();
    const journal = (this.journal = parts.journal ?? NO_JOURNAL);
    const bell = new Wakeup();
    const maxMessages = declaration.maxMessages ?? DEFAULT_MAX_MESSAGES;
    this.consumer = parts.driver.consumer({
      group,
      topics,
      sessionTimeoutMs: parts.sessionTimeoutMs,
      ...(declaration.end && { maxWaitMs: WAIT_NEAR_END_MS }),
    });
    this.intake = new FetchIntake({
      consumer: this.consumer,
      admin: () => (this.admin ??= parts.driver.admin()),
      bell,
      logger: this.logger,
      highWater: 2 * maxMessages,
      end,
    });
    this.logs = new LogGuard({
      declaration,
      owner,
      journal,
      admin: () => parts.driver.admin(),
      onReplaced: () => this.intake.startOver(),
    });
    this.loop = new ConsumerLoop({
      consumer: this.consumer,
      intake: this.intake,
      logs: this.logs,
      transaction: new BatchTransaction(declaration, { guard, wants }, { owner, journal }),
      reader,
      policy: declaration.failure ?? defaultFailurePolicy,
      bell,
      logger: this.logger,
      maxMessages,
      maxBytes: parts.maxBatchBytes ?? DEFAULT_MAX_BYTES,
      hasEnd: end !== undefined,
      onProgress: () => {
        if (end !== undefined && this.intake.assignment?.isStored()) this.atEnd.resolve();
      },
    });
    // Only those who ask for the end care when it does not come.
    this.atEnd.promise.catch(() => undefined);
    this.reporter = new OffsetReporter(this.consumer, () => this.intake.assignment);
    this.deadLetters = new DeadLetterDesk(declaration, reader, journal);
  }

  get group(): string {
    return this.declaration.group;
  }

  /** Goes on with the logs that are there now, if they are not those it processed; see {@link adoptLogs}. */
  async adoptLogs(act: OperatorAct & { readonly reason: string }): Promise<LogAdoption> {
    const admin = this.parts.driver.admin();
    try {
      return await adoptLogs({ declaration: this.declaration, admin, journal: this.journal }, act);
    } finally {
      await admin.close();
    }
  }

  /** Tries at once what it waits for. */
  poke(): void {
    this.loop.poke();
  }

  /** Starts in the background; waits for Kafka and Postgres as long as it takes. */
  start(): void {
    if (this.running !== null) return;
    this.state = 'running';
    this.startedAt = Date.now();
    this.running = this.loop.run();
    this.consumer.start(this.intake);
    this.logs.start();
    this.reporter.start(this.parts.reportOffsetsMs ?? 5_000);
    this.drainTimer = setInterval(() => this.resumeDrains(), DRAIN_INTERVAL_MS);
    this.drainTimer.unref();
    this.resumeDrains();
  }

  /**
   * Resolves when every partition this member owns has stored all below the declaration's `end`; never without one.
   * Other members of the group answer for theirs. Rejects when the consumer is stopped first.
   */
  reachedEnd(): Promise<void> {
    return this.atEnd.promise;
  }

  /** Stops the intake, lets the transaction in flight end, and leaves the group. */
  stop(): Promise<void> {
    this.stopped ??= this.shutDown();
    return this.stopped;
  }

  health(now = Date.now()): ConsumerHealth {
    const { intake, loop } = this;
    const records = [...firstOfEach(loop.current), ...intake.buffer.heads()];
    const lastError = loop.lastError ?? intake.lastFailure;
    return {
      group: this.declaration.group,
      state: this.stateNow(),
      healthy: this.isHealthy(now),
      assignedPartitions: intake.assignment?.partitions.length ?? 0,
      lagMs: lagOf(records, now),
      gathered: intake.buffer.size + loop.current.length,
      lastFetchAt: intake.lastFetchAt,
      lastProgressAt: loop.lastProgressAt,
      processed: loop.processed,
      parked: loop.parked,
      lastError: lastError === null ? null : String(lastError),
    };
  }

  private stateNow(): ConsumerState {
    if (this.state !== 'running') return this.state;
    if (this.loop.waitingSince !== null) return logRefusalOf(this.loop.lastError) ?? 'waiting';
    return this.intake.assignment?.isClaimed ? 'running' : 'starting';
  }

  private isHealthy(now: number): boolean {
    const state = this.stateNow();
    if (state === 'stopping' || state === 'stopped' || logRefusalOf(this.loop.lastError) !== null) return false;
    const { batchSince, waitingSince } = this.loop;
    const oldest = Math.min(batchSince ?? now, waitingSince ?? now);
    const fetched = batchSince === null ? Math.max(this.intake.lastFetchAt ?? 0, this.startedAt) : now;
    return now - oldest < STALE_AFTER_MS && now - fetched < STALE_AFTER_MS;
  }

  private async shutDown(): Promise<void> {
    this.state = 'stopping';
    this.atEnd.reject(new Error(`${this.declaration.group} was stopped before its end`));
    clearInterval(this.drainTimer);
    this.logs.stop();
    this.loop.stop();
    await this.running;
    await this.reporter.stop();
    this.intake.close();
    await this.consumer.stop();
    await this.admin?.close();
    this.state = 'stopped';
  }

  // A redrive or a discard that crashed half-way left an entity whose queue nobody works on.
  private resumeDrains(): void {
    this.deadLetters.resumeDrains().catch((error: unknown) => {
      this.logger.warn({ err: error }, 'releasing parked entities is tried again later');
    });
  }
}
