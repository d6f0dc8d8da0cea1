import type { MessageCodec } from '@codex/event-sourcing';
import type { TopicPlaces } from '@codex/contracts/topic-places';
import type { BatchConsumer, ConsumerDeclaration, DeadLetterJournal, KafkaDriver } from '@codex/kafka-messaging';
import type { Sql } from '@codex/postgres';
import type { Logger } from 'pino';
import { deadLetterEvents } from '../inbox/dead-letter-events';
import { measureInbox } from '../inbox/inbox-metrics';
import { InboxOperations, type OperatedConsumer } from '../inbox/inbox-operations';
import type { PartHealth, HealthRegistry } from '../health/health-registry';
import { gauge } from '../metrics/metrics';
import { tracingEnabled } from '../tracing-preload';
import { inBatchSpans } from '../tracing/batch-spans';
import type { Lifecycle } from '../service/lifecycle';
import { requireTopics } from './topic-check';

/** What a host needs from its service. */
export interface ConsumerHostParts {
  readonly service: string;
  /** Reads the database that holds the inbox, and the event table for what happens to dead letters. */
  readonly sql: Sql;
  readonly driver: KafkaDriver;
  readonly codec: MessageCodec;
  readonly allowFiniteRetention: boolean;
  /** Where the topics of declarations are. */
  readonly topics: TopicPlaces;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly health: HealthRegistry;
}

/**
 * Runs the consumers of a service: checks their topics, starts them once the service serves, shows each in health and
 * metrics, and stops them in order. Declare before the service listens. What they can't process is for operators, see
 * {@link InboxOperations}.
 */
export class ConsumerHost {
  /** Records what happens to dead letters: for consumers that run elsewhere in this process. */
  readonly journal: DeadLetterJournal;
  /** What operators see and do. */
  readonly inbox: InboxOperations;
  private readonly declarations: ConsumerDeclaration<never>[] = [];
  private readonly topics = new Set<string>();
  private readonly running = new Map<string, BatchConsumer>();
  private readonly others: (() => Iterable<OperatedConsumer>)[] = [];

  constructor(readonly parts: ConsumerHostParts) {
    const { lifecycle, service, sql, codec } = parts;
    this.journal = deadLetterEvents(service, codec);
    this.inbox = new InboxOperations({ service, sql, consumers: () => this.operated() });
    measureInbox(sql);
    lifecycle.onServing('kafka topics', () => requireTopics(parts.driver, [...this.topics], parts));
    lifecycle.onServing('consumers', () => this.start());
    lifecycle.onStop('consumers', 'consumers', () => this.stop());
  }

  /** Adds a consumer. `group` must be unique in the process. */
  consume<Tx extends Sql>(declaration: ConsumerDeclaration<Tx>): void {
    const topics = declaration.topics.map((topic) => this.nameOf(topic));
    this.declarations.push({ ...(declaration as unknown as ConsumerDeclaration<never>), topics });
    this.needTopics(declaration.topics);
    const name = `consumer ${declaration.group}`;
    this.parts.health.register(name, () => this.healthOf(declaration.group));
    this.measure(declaration.group);
  }

  /** Under which name a topic of the catalogue is found. */
  nameOf(topic: string): string {
    return this.parts.topics.nameOf(topic);
  }

  /** The groups that consume a topic. */
  groupsOn(topic: string): readonly string[] {
    return this.declarations.filter(({ topics }) => topics.includes(this.nameOf(topic))).map(({ group }) => group);
  }

  /** Lets operators reach consumers that are not run by this host. */
  operate(consumers: () => Iterable<OperatedConsumer>): void {
    this.others.push(consumers);
  }

  /** Topics that must exist, and keep their messages if they hold events, before anything starts. */
  needTopics(topics: readonly string[]): void {
    for (const topic of topics) this.topics.add(this.nameOf(topic));
  }

  private async start(): Promise<void> {
    const { BatchConsumer } = await import('@codex/kafka-messaging');
    const { driver, codec, logger } = this.parts;
    for (const declaration of this.declarations) {
      if (this.running.has(declaration.group)) continue;
      const consumer = new BatchConsumer(traced(declaration as unknown as ConsumerDeclaration), {
        driver,
        codec,
        logger,
        journal: this.journal,
      });
      this.running.set(declaration.group, consumer);
      consumer.start();
    }
  }

  private operated(): readonly OperatedConsumer[] {
    return [...this.running.values(), ...this.others.flatMap((consumers) => [...consumers()])];
  }

  private async stop(): Promise<void> {
    await Promise.all([...this.running.values()].map((consumer) => consumer.stop()));
  }

  private healthOf(group: string): PartHealth {
    const health = this.running.get(group)?.health();
    if (health === undefined) return { status: 'down', detail: 'not started' };
    const { healthy, state, parked, lastError } = health;
    const why = state.startsWith('log-') ? `: ${lastError}` : '';
    return { status: healthy ? 'up' : 'down', detail: `${state}, parked ${parked}${why}` };
  }

  private measure(group: string): void {
    const read = (value: 'lagMs' | 'processed' | 'parked' | 'assignedPartitions'): number =>
      this.running.get(group)?.health()[value] ?? 0;
    gauge('consumer_lag_seconds', 'Age of the oldest unprocessed message', () => read('lagMs') / 1000, { group });
    gauge('consumer_processed', 'Messages processed since the start', () => read('processed'), { group });
    gauge('consumer_parked', 'Messages parked since the start', () => read('parked'), { group });
    gauge('consumer_partitions', 'Assigned partitions', () => read('assignedPartitions'), { group });
  }
}

/** The same consumer, with a span for each message in the trace that led to it. */
function traced(declaration: ConsumerDeclaration): ConsumerDeclaration {
  if (!tracingEnabled) return declaration;
  const { group } = declaration;
  return {
    ...declaration,
    transaction: (work) => declaration.transaction(work),
    handle: (messages, tx) =>
      inBatchSpans(
        'consumer',
        () =>
          messages.map(({ traceparent, type, stream, topic }) => ({
            traceparent,
            name: `process ${type}`,
            attributes: { 'messaging.consumer.group.name': group, 'messaging.destination.name': topic, stream },
          })),
        () => declaration.handle(messages, tx),
      ),
  };
}
