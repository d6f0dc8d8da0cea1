import type { CommandRunner, MessageCodec, StateCache } from '@codex/event-sourcing';
import type { PostgresEventStore, StoreTransaction } from '@codex/event-store-postgres';
import type { ConsumerDeclaration } from '@codex/kafka-messaging';
import type { Sql } from '@codex/postgres';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { ConsumerHost } from '../consumers/consumer-host';
import type { HealthCheck, HealthRegistry } from '../health/health-registry';
import type { Lifecycle } from '../service/lifecycle';

/** Something that works by itself between requests: a watchdog, a sweeper. `start` must be safe to repeat after a failure. */
export interface BackgroundTask {
  readonly name: string;
  start(): void | Promise<void>;
  /** Resolves when nothing of it runs any more; called with the consumers, before the relay flushes. */
  stop(): void | Promise<void>;
  readonly health?: HealthCheck;
}

/** The parts of {@link CommandService}. */
export interface CommandServiceParts {
  readonly pool: Pool;
  readonly store: PostgresEventStore;
  readonly codec: MessageCodec;
  readonly cache: StateCache;
  readonly runner: CommandRunner;
  readonly consumers: ConsumerHost;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly health: HealthRegistry;
}

/**
 * What an app of the write side is built on. Inject it, use its parts, and declare consumers and background tasks while
 * modules are built (in the root module's constructor); they run from the start to the shutdown of the service.
 */
export class CommandService {
  readonly pool: Pool;
  readonly store: PostgresEventStore;
  readonly codec: MessageCodec;
  readonly cache: StateCache;
  readonly runner: CommandRunner;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly health: HealthRegistry;
  /** Declare with {@link consume}. */
  readonly consumers: ConsumerHost;

  constructor(parts: CommandServiceParts) {
    this.pool = parts.pool;
    this.store = parts.store;
    this.codec = parts.codec;
    this.cache = parts.cache;
    this.runner = parts.runner;
    this.logger = parts.logger;
    this.lifecycle = parts.lifecycle;
    this.health = parts.health;
    this.consumers = parts.consumers;
  }

  /** Adds a consumer; its topics must exist before the service is ready. */
  consume<Tx extends Sql = StoreTransaction>(declaration: ConsumerDeclaration<Tx>): void {
    this.consumers.consume(declaration);
  }

  /** Adds work of the service's own. */
  background(task: BackgroundTask): void {
    this.lifecycle.onServing(task.name, () => task.start());
    this.lifecycle.onStop('consumers', task.name, () => task.stop());
    if (task.health !== undefined) this.health.register(task.name, task.health);
  }
}
