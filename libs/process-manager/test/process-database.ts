import { randomUUID } from 'node:crypto';
import { StateCache, UnitOfWork, type CommandMetadata } from '@codex/event-sourcing';
import { commandMetadata, jsonCodec } from '@codex/event-sourcing/testing';
import { eventStoreMigrations, PostgresEventStore } from '@codex/event-store-postgres';
import { createPool, runMigrations } from '@codex/postgres';
import { createTestDatabase, type TestDatabase } from '@codex/testing';
import type { Pool } from 'pg';
import {
  deadlinesProjection,
  processMigrations,
  ProcessRunner,
  processStream,
  stuckProjection,
  Watchdog,
  type AnyProcessDefinition,
  type ProcessMessage,
  type ProcessState,
} from '../src';
import { order } from './order-process';

/** A process of its own, so to say: connections, caches and runner, all gone when it is dropped. */
export class Replica {
  readonly pool: Pool;
  readonly store: PostgresEventStore;
  readonly runner: ProcessRunner;
  readonly errors: (string | null)[] = [];
  private readonly cache = new StateCache();

  constructor(url: string, definitions: readonly AnyProcessDefinition[] = [order]) {
    this.pool = createPool({ connectionString: url, applicationName: 'process-manager-test', maxConnections: 4 });
    this.store = new PostgresEventStore({
      pool: this.pool,
      codec: jsonCodec,
      inlineProjections: [deadlinesProjection, stuckProjection],
    });
    this.runner = new ProcessRunner({ definitions });
  }

  /** Starts an order, the way a request does: one append through group commit. */
  async start(processId: string, metadata: CommandMetadata = commandMetadata(), confirm = false): Promise<void> {
    const unit = this.unit(this.store);
    const subject = { orderId: processId };
    this.runner.start(unit, { definition: order.name, processId, subject, input: { confirm } }, metadata);
    await this.store.append(unit.request(metadata.commandId));
  }

  /** Tells processes something, the way a consumer does: one transaction. */
  async tell(...messages: readonly (readonly [processId: string, message: ProcessMessage])[]): Promise<void> {
    await this.store.transaction(async (tx) => {
      const unit = this.unit(tx);
      await this.runner.load(
        unit,
        messages.map(([processId]) => processId),
      );
      for (const [processId, message] of messages) {
        this.runner.tell(unit, processId, { message, metadata: commandMetadata() });
      }
      if (!unit.isEmpty) await tx.append([unit.request(randomUUID())]);
    });
  }

  async stateOf(processId: string): Promise<ProcessState> {
    const unit = this.unit(this.store);
    await this.runner.load(unit, [processId]);
    return this.runner.stateOf(unit, processId);
  }

  async types(processId: string): Promise<readonly string[]> {
    return (await this.store.read(processStream(processId))).map(({ type }) => type.replace('Process', ''));
  }

  async dueAt(processId: string): Promise<string | null> {
    const { rows } = await this.pool.query<{ due_at: Date }>(
      'select due_at from process.deadlines where process_id = $1',
      [processId],
    );
    return rows[0]?.due_at.toISOString() ?? null;
  }

  watchdog(pollIntervalMs?: number): Watchdog {
    const { pool: sql, store, cache, runner } = this;
    const onError = (_: unknown, processId: string | null) => void this.errors.push(processId);
    const poll = pollIntervalMs === undefined ? {} : { pollIntervalMs };
    return new Watchdog({ sql, store, cache, runner, newId: randomUUID, now: () => new Date(), onError, ...poll });
  }

  async drop(): Promise<void> {
    await this.pool.end();
  }

  private unit(store: ConstructorParameters<typeof UnitOfWork>[0]['store']): UnitOfWork {
    return new UnitOfWork({ store, cache: this.cache, newId: randomUUID });
  }
}

/** A database with the tables of processes in it. */
export async function processDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase('process');
  await runMigrations(database.url, 'event_store.migrations', eventStoreMigrations);
  await runMigrations(database.url, 'process.migrations', processMigrations);
  return database;
}

/** Metadata of a command that came long ago, so that every deadline it set has passed. */
export function longAgo(): CommandMetadata {
  return commandMetadata({ now: '2020-01-01T00:00:00.000Z' });
}
