import type { MessageCodec } from '@codex/event-sourcing';
import {
  BatchConsumer,
  silentLogger,
  type ConsumerHealth,
  type ConsumerState,
  type DeadLetterJournal,
  type KafkaDriver,
  type MessagingLogger,
} from '@codex/kafka-messaging';
import type { Pool } from 'pg';
import { generationGroup, type Generation } from './generation';
import { catchUpConsumer, generationConsumer } from './generation-consumer';
import { GenerationFeed } from './generation-feed';
import { GenerationRegistry } from './generation-registry';
import type { Projection } from './projection';
import { readProjectionLog, type ProjectionLog } from './projection-log';
import { offsetsOf, shortOf, type Offsets } from './projection-offsets';
import type { GenerationFeeder } from './rebuild';

export interface ProjectionHostParts {
  readonly pool: Pool;
  /**
   * Writes rows and offsets, default `pool`. Its commits may be asynchronous: rows and offsets are lost together, and the
   * messages are still in Kafka.
   */
  readonly feedPool?: Pool;
  readonly driver: KafkaDriver;
  readonly codec: MessageCodec;
  readonly projections: readonly Projection[];
  readonly logger?: MessagingLogger;
  /** Hears of everything that happens to dead letters, in its transaction. Default: nobody does. */
  readonly journal?: DeadLetterJournal;
}

const RECONCILE_MS = 1_000;
/** One writes to the database while the other reads from Kafka. */
const FILLING_CONSUMERS = 2;
const CATCH_UP_POLL_MS = 20;
const REFUSES_LOG: ReadonlySet<ConsumerState> = new Set(['log-replaced', 'log-behind', 'log-left']);

/** The log is not the one that a generation has processed: it was replaced, or ends below that. */
export class LogRefused extends Error {
  constructor(
    readonly group: string,
    reason: string,
  ) {
    super(reason);
  }
}

/**
 * Feeds every generation that the registry wants fed, one consumer each. Any number of hosts may run side by side: they
 * share the partitions of each generation, and learn of new, fenced and dropped ones from the registry within a second.
 */
export class ProjectionHost implements GenerationFeeder {
  readonly registry: GenerationRegistry;
  private readonly feeds = new Map<string, GenerationFeed>();
  private readonly byName: ReadonlyMap<string, Projection>;
  private readonly logger: MessagingLogger;
  private readonly feedPool: Pool;
  private readonly catchingUp = new Set<BatchConsumer>();
  private turn: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;

  constructor(private readonly parts: ProjectionHostParts) {
    this.registry = new GenerationRegistry(parts.pool);
    this.byName = new Map(parts.projections.map((projection) => [projection.name, projection]));
    this.logger = parts.logger ?? silentLogger;
    this.feedPool = parts.feedPool ?? parts.pool;
  }

  /** Creates what no generation exists of, and starts feeding. Safe to repeat after a failure. */
  async start(): Promise<void> {
    for (const projection of this.parts.projections) await this.registry.ensureLive(projection);
    await this.reconcile();
    this.timer ??= setInterval(() => void this.reconcile().catch((error: unknown) => this.warn(error)), RECONCILE_MS);
  }

  /** Starts and stops consumers until they are those that the registry asks for. */
  reconcile(): Promise<void> {
    const next = this.turn.then(() => this.reconcileOnce());
    this.turn = next.catch(() => undefined);
    return next;
  }

  async catchUp(projection: Projection, generation: number, end: Offsets): Promise<void> {
    if (this.stopping) throw new Error('the host is stopped');
    const consumer = this.consumerOf(catchUpConsumer(this.feedPool, projection, { generation, end }));
    this.catchingUp.add(consumer);
    consumer.start();
    try {
      await this.untilStored(consumer, { projection, generation, end });
    } finally {
      await consumer.stop();
      this.catchingUp.delete(consumer);
    }
  }

  /** Asks Kafka; rejects when it is away. */
  async logOf(projection: Projection, generation: number): Promise<ProjectionLog> {
    return readProjectionLog(this.parts, projection, generation);
  }

  /** How each generation is fed by this process, by generation group. */
  health(): ReadonlyMap<string, ConsumerHealth> {
    return new Map([...this.feeds].map(([group, feed]) => [group, feed.health()]));
  }

  /** What feeds each generation in this process: to redrive, discard or skip what it could not process. */
  consumers(): Iterable<GenerationFeed> {
    return this.feeds.values();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.turn;
    await Promise.all([...this.feeds.values(), ...this.catchingUp].map((feed) => feed.stop()));
  }

  // Another replica may hold some of the partitions until it hears of the fence, so the stored offsets have the last word.
  private async untilStored(
    consumer: BatchConsumer,
    { projection, generation, end }: { projection: Projection; generation: number; end: Offsets },
  ): Promise<void> {
    const stopped = consumer.reachedEnd().then(() => new Promise<never>(() => undefined));
    stopped.catch(() => undefined);
    while (shortOf(await offsetsOf(this.parts.pool, projection, generation), end) > 0) {
      const { state, lastError } = consumer.health();
      if (REFUSES_LOG.has(state))
        throw new LogRefused(generationGroup(projection.name, generation), lastError ?? state);
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, CATCH_UP_POLL_MS))]);
    }
  }

  private async reconcileOnce(): Promise<void> {
    if (this.stopping) return;
    const wanted = new Map(
      (await this.registry.all()).filter((one) => this.isFed(one)).map((one) => [groupOf(one), one]),
    );
    const unwanted = [...this.feeds.keys()].filter((group) => !wanted.has(group));
    await Promise.all(unwanted.map((group) => this.stopFeed(group)));
    for (const [group, generation] of wanted) if (!this.feeds.has(group)) this.startFeed(group, generation);
  }

  /** Only today's definition can feed a generation: another version had other columns or meant something else. */
  private isFed({ projection, definitionVersion, state, fenced, paused }: Generation): boolean {
    return !fenced && !paused && state !== 'rejected' && this.byName.get(projection)?.version === definitionVersion;
  }

  private startFeed(group: string, generation: Generation): void {
    const projection = this.byName.get(generation.projection)!;
    const count = generation.state === 'building' ? FILLING_CONSUMERS : 1;
    const newConsumer = () => this.consumerOf(generationConsumer(this.feedPool, projection, generation));
    const feed = new GenerationFeed([newConsumer(), ...Array.from({ length: count - 1 }, newConsumer)]);
    this.feeds.set(group, feed);
    feed.start();
  }

  private async stopFeed(group: string): Promise<void> {
    const feed = this.feeds.get(group);
    this.feeds.delete(group);
    await feed?.stop();
  }

  private consumerOf(declaration: ConstructorParameters<typeof BatchConsumer>[0]): BatchConsumer {
    const { driver, codec, logger, journal } = this.parts;
    return new BatchConsumer(declaration, { driver, codec, logger, ...(journal && { journal }) });
  }

  private warn(error: unknown): void {
    this.logger.warn({ err: error }, 'the registry of generations can not be read, trying again');
  }
}

function groupOf({ projection, generation }: Generation): string {
  return generationGroup(projection, generation);
}
