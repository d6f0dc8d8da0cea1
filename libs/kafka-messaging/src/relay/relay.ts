import type { KafkaProducer } from '../driver/kafka-driver';
import { silentLogger, type MessagingLogger } from '../driver/messaging-logger';
import { Pace } from '../flow/pace';
import { Wakeup } from '../flow/wakeup';
import type { Addressing } from '../record/outgoing-message';
import { BatchSender, FIRST_RETRY_MS, LAST_RETRY_MS, type SendingTurn } from './batch-sender';
import { CursorSaver } from './cursor-saver';
import type { RelayBlocker, RelayCursor, RelayLock, RelayRow, RelaySource } from './relay-source';
import { TopicCopy, TopicLeft, type EventTopic } from './topic-copy';

export interface RelayOptions {
  readonly source: RelaySource;
  /** Resolves when this relay is the active one, however long that takes; rejects when `signal` aborts. */
  readonly acquireLock: (signal: AbortSignal) => Promise<RelayLock>;
  /** Of this relay alone; closed by `stop`. */
  readonly producer: KafkaProducer;
  readonly addressing: Addressing;
  /**
   * Where `addressing` sends events. While they are published on another topic, this relay first copies what is there,
   * and goes on from then on; when they left this one, it does not publish at all. Default: nothing is ever moved.
   */
  readonly topic?: EventTopic;
  readonly logger?: MessagingLogger;
  readonly batchRows?: number;
  readonly batchBytes?: number;
  /** Idle it looks at least this often. Default 250. */
  readonly longestIdleMs?: number;
  /** How long `stop` goes on publishing what is still waiting. */
  readonly flushTimeoutMs?: number;
}

export interface RelayStatus {
  /** `copying` brings the log to another topic first; `passive` is configured for one that it was moved away from. */
  readonly state: 'stopped' | 'standby' | 'copying' | 'leader' | 'passive';
  readonly leader: boolean;
  readonly pending: number;
  readonly lagMs: number;
  readonly published: number;
  readonly lastError: string | null;
  /** Named only while something waits for longer than a second. */
  readonly blockers: readonly RelayBlocker[];
}

const FIRST_IDLE_MS = 4;
const IDLE_GROWTH = 4;
const SMALL_BATCH = 100;
const LONGEST_IDLE_MS = 250;

/**
 * Publishes a log to Kafka in its order, every message at least once.
 *
 * One batch is outstanding, with acks=all; the cursor moves after the acknowledgement; a failed batch is sent again
 * unchanged for as long as this relay holds the lock. A crash at any point repeats messages and loses none, and first
 * sightings stay in order. While much is waiting it does not pause; small batches are kept apart by as long as one takes;
 * idle it backs off, to 250 ms by default, unless it is poked.
 */
export class Relay {
  private readonly bell = new Wakeup();
  private readonly stopping = new AbortController();
  private running: Promise<void> | null = null;
  private stopBy: number | null = null;
  private state: RelayStatus['state'] = 'stopped';
  private cursor: RelayCursor | null = null;
  private lastFailure: unknown = null;
  private readonly sender: BatchSender;
  private readonly logger: MessagingLogger;

  constructor(private readonly options: RelayOptions) {
    const { producer, addressing, batchBytes, logger = silentLogger } = options;
    this.logger = logger;
    this.sender = new BatchSender({ producer, addressing, logger, batchBytes, bell: this.bell });
  }

  /** Works in the background until `stop`, whatever fails. */
  start(): void {
    this.running ??= this.run();
  }

  /** Something was committed: look now. Cheap, and safe to call at any time. */
  poke(): void {
    this.bell.ring();
  }

  /** Publishes what is waiting (up to the flush timeout), gives the lock up and closes the producer. */
  async stop(): Promise<void> {
    this.stopBy ??= Date.now() + (this.options.flushTimeoutMs ?? 5_000);
    this.stopping.abort();
    this.bell.ring();
    await this.running;
    await this.options.producer.close();
  }

  /** Asks the source; rejects when it is away. */
  async status(): Promise<RelayStatus> {
    const { source } = this.options;
    const { count, oldestAgeMs } = await source.pending(this.cursor ?? (await source.loadCursor()));
    return {
      ...this.health(),
      pending: count,
      lagMs: oldestAgeMs,
      blockers: oldestAgeMs > 1_000 ? await source.blockers() : [],
    };
  }

  /** What is known without asking anybody. */
  health(): Pick<RelayStatus, 'state' | 'leader' | 'published' | 'lastError'> {
    const { published, lastError } = this.sender;
    const failure = lastError ?? this.lastFailure;
    return {
      ...{ state: this.state, leader: this.state === 'leader', published },
      lastError: failure === null ? null : String(failure),
    };
  }

  private async run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (this.stopBy === null) {
      this.state = this.lastFailure instanceof TopicLeft ? 'passive' : 'standby';
      try {
        await this.leadOnce();
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (!this.stopping.signal.aborted) this.failed(error);
        await this.bell.pause(retryMs, () => this.stopBy !== null);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      }
    }
    this.state = 'stopped';
  }

  private async leadOnce(): Promise<void> {
    const lock = await this.options.acquireLock(this.stopping.signal);
    const ring = (): void => this.bell.ring();
    lock.lost.addEventListener('abort', ring);
    const turn = { lost: lock.lost, isOutOfTime: () => this.isOutOfTime() };
    try {
      if (!(await this.enterTopic(turn))) return;
      this.state = 'leader';
      await this.lead(turn);
    } finally {
      this.cursor = null;
      lock.lost.removeEventListener('abort', ring);
      await lock.release();
    }
  }

  /** False when the lock was lost or the relay is stopped before everything is on the topic. */
  private async enterTopic({ lost }: SendingTurn): Promise<boolean> {
    const { topic, source, addressing } = this.options;
    if (topic === undefined) return true;
    const progress = (): void => void (this.state = 'copying');
    const { sender, batchRows } = this;
    const copy = new TopicCopy({ topic, source, addressing, sender, batchRows, progress });
    return copy.enter({ lost, isOutOfTime: () => this.stopBy !== null });
  }

  private async lead(turn: SendingTurn): Promise<void> {
    const saver = new CursorSaver(this.options.source);
    let cursor = await this.options.source.loadCursor();
    let ahead: Promise<readonly RelayRow[]> | null = null;
    let idleMs = FIRST_IDLE_MS;
    const longestIdleMs = this.options.longestIdleMs ?? LONGEST_IDLE_MS;
    const pace = new Pace({ shortestMs: 3, longestMs: 25 });
    while (!turn.lost.aborted && !turn.isOutOfTime()) {
      this.cursor = cursor;
      const rows: readonly RelayRow[] = await (ahead ?? this.readAfter(cursor));
      ahead = null;
      if (rows.length === 0) {
        if (this.stopBy !== null) break;
        idleMs = (await this.bell.wait(idleMs)) ? FIRST_IDLE_MS : Math.min(idleMs * IDLE_GROWTH, longestIdleMs);
        continue;
      }
      idleMs = FIRST_IDLE_MS;
      pace.begin();
      const startedAt = performance.now();
      // A full batch means that more is waiting: read it while this one is on its way.
      if (rows.length >= this.batchRows) ahead = this.readAhead(rows.at(-1)!);
      const acknowledged = (upTo: RelayCursor): void => saver.save((this.cursor = upTo));
      if (!(await this.sender.send(rows, turn, acknowledged))) break;
      this.lastFailure = null;
      cursor = rows.at(-1)!;
      pace.took(performance.now() - startedAt);
      if (rows.length < SMALL_BATCH && this.stopBy === null)
        await this.bell.pause(pace.restMs, () => this.stopBy !== null);
    }
    await ahead?.catch(() => undefined);
    await saver.flush();
  }

  private readAfter(cursor: RelayCursor): Promise<readonly RelayRow[]> {
    return this.options.source.readAfter(cursor, this.batchRows);
  }

  private readAhead(cursor: RelayCursor): Promise<readonly RelayRow[]> {
    const reading = this.readAfter(cursor);
    // Its failure is met when the rows are awaited; until then it must not count as unhandled.
    reading.catch(() => undefined);
    return reading;
  }

  private get batchRows(): number {
    return this.options.batchRows ?? 1_000;
  }

  private isOutOfTime(): boolean {
    return this.stopBy !== null && Date.now() >= this.stopBy;
  }

  private failed(error: unknown): void {
    this.lastFailure = error;
    if (error instanceof TopicLeft) this.logger.error({ err: error }, 'relay: this replica does not publish');
    else this.logger.warn({ err: error }, 'relay: the relay starts over');
  }
}
