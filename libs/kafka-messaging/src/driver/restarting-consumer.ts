import type { FormerMembers } from './former-members';
import type { ConsumerEvents, KafkaConsumer, TopicPartition } from './kafka-driver';
import type { MessagingLogger } from './messaging-logger';

/** One life of a client's consumer: connect, join, consume, until it fails, stalls, or is told to end. */
export interface ConsumerSession extends Omit<KafkaConsumer, 'start' | 'stop' | 'rejoin'> {
  /** Resolves with the reason of the end; null when it was asked for. */
  readonly ended: Promise<Error | null>;
  /** True once it was a member of the group. */
  readonly joined: boolean;
  /** What the broker calls this member, also while it joins; null before it asked to. */
  readonly memberId: string | null;
  /** Resolves or rejects when the beginning is over; a failure later on comes through `ended`. */
  start(): Promise<void>;
  finish(reason: Error | null): void;
  /** Leaves the group, if the broker can be reached, and closes every connection; makes no callback. Never rejects. */
  dispose(): Promise<void>;
}

export interface RestartingConsumerParts {
  readonly group: string;
  readonly logger: MessagingLogger;
  readonly former: FormerMembers;
  open(events: ConsumerEvents): ConsumerSession;
}

const FIRST_RESTART_MS = 100;
/** Also how long a broker that is back waits for its members. */
const LAST_RESTART_MS = 1_000;

/**
 * Keeps a session running: whatever ends one, the next is started with backoff, until `stop`. Members that a session could
 * not take out of the group are removed before the next joins.
 */
export class RestartingConsumer implements KafkaConsumer {
  private session: ConsumerSession | null = null;
  private running: Promise<void> | null = null;
  private stopping = false;
  private wake: () => void = () => undefined;

  constructor(private readonly parts: RestartingConsumerParts) {}

  start(events: ConsumerEvents): void {
    this.running ??= this.run(events);
  }

  seek(partition: TopicPartition, offset: number): void {
    this.session?.seek(partition, offset);
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.session?.pause(partitions);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.session?.resume(partitions);
  }

  async commitOffsets(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    await this.session?.commitOffsets(offsets);
  }

  rejoin(): void {
    this.session?.finish(null);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.session?.finish(null);
    this.wake();
    await this.running;
  }

  private async run(events: ConsumerEvents): Promise<void> {
    let delayMs = FIRST_RESTART_MS;
    while (!this.stopping) {
      // Looked at again after the answer: a stop that came meanwhile has found no session to end.
      if (!(await this.removeFormerMembers(events)) || this.stopping) continue;
      const session = this.parts.open({
        ...bound(events),
        onAssigned: (partitions) => this.assigned(partitions, events),
      });
      this.session = session;
      const failure = await this.runSession(session);
      this.session = null;
      events.onRevoked();
      if (failure !== null) this.report(failure, events);
      await session.dispose();
      if (session.memberId !== null) this.parts.former.abandon(session.memberId);
      delayMs = session.joined ? FIRST_RESTART_MS : Math.min(delayMs * 2, LAST_RESTART_MS);
      if (!this.stopping) await this.pauseFor(delayMs);
    }
  }

  /** False when it is not the time to join: Kafka is away, or the consumer stops. */
  private async removeFormerMembers(events: ConsumerEvents): Promise<boolean> {
    try {
      await this.parts.former.remove(() => this.stopping);
      return !this.stopping;
    } catch (error) {
      this.report(error as Error, events);
      return false;
    }
  }

  private assigned(partitions: readonly TopicPartition[], events: ConsumerEvents): void {
    const memberId = this.session?.memberId ?? null;
    if (memberId !== null) this.parts.former.joinedAs(memberId);
    events.onAssigned(partitions);
  }

  private async runSession(session: ConsumerSession): Promise<Error | null> {
    try {
      await Promise.race([session.start(), session.ended]);
      return await session.ended;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  private report(error: Error, events: ConsumerEvents): void {
    this.parts.logger.warn({ group: this.parts.group, err: error }, 'the consumer failed and is started again');
    events.onFailure(error);
  }

  private pauseFor(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function bound(events: ConsumerEvents): ConsumerEvents {
  return {
    onAssigned: (partitions) => events.onAssigned(partitions),
    onRevoked: () => events.onRevoked(),
    onBatch: (batch) => events.onBatch(batch),
    onFetch: () => events.onFetch(),
    onFailure: (error) => events.onFailure(error),
  };
}
