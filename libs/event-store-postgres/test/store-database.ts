import { randomUUID } from 'node:crypto';

import type { AppendRequest, IdempotencyRecord, StreamAppend, StreamId } from '@codex/event-sourcing';
import { aNewEvent, jsonCodec, TEST_TENANT } from '@codex/event-sourcing/testing';
import { createPool, runMigrations, type DatabaseConfig } from '@codex/postgres';
import { createTestDatabase } from '@codex/testing';
import type { Pool } from 'pg';

import { eventStoreMigrations, PostgresEventStore, type PostgresEventStoreOptions } from '../src';

/** A database of its own with the event table in it. */
export interface StoreDatabase {
  readonly url: string;
  readonly pool: Pool;
  readonly store: PostgresEventStore;
  readonly config: DatabaseConfig;
  /** Another store with its own connections, like a second replica. */
  openStore(
    options?: Partial<PostgresEventStoreOptions>,
    config?: Partial<DatabaseConfig>,
  ): { readonly store: PostgresEventStore; readonly pool: Pool };
  /** Ends the connections of all stores, then drops the database. */
  dispose(): Promise<void>;
  /** Ends the connections of all stores. Safe to call before {@link dispose}. */
  disconnect(): Promise<void>;
}

export async function openStoreDatabase(): Promise<StoreDatabase> {
  const database = await createTestDatabase('event_store');
  await runMigrations(database.url, 'event_store.migrations', eventStoreMigrations);
  const config = { connectionString: database.url, applicationName: 'event-store-test' };
  const pools: Pool[] = [];
  const openStore: StoreDatabase['openStore'] = (options = {}, overrides = {}) => {
    const pool = createPool({ ...config, ...overrides });
    pools.push(pool);
    return { pool, store: new PostgresEventStore({ pool, codec: jsonCodec, ...options }) };
  };
  const disconnect = async (): Promise<void> => {
    await Promise.all(pools.splice(0).map((pool) => pool.end()));
  };
  const dispose = async (): Promise<void> => {
    await disconnect();
    await database.dispose();
  };
  return { url: database.url, config, ...openStore(), openStore, disconnect, dispose };
}

export function aStream(): StreamId {
  return `Sample-${randomUUID()}`;
}

export function appendTo(stream: StreamId, expectedVersion = 0, types: readonly string[] = ['Changed']): StreamAppend {
  return { stream, tenantId: TEST_TENANT, expectedVersion, events: types.map((type) => aNewEvent(type, { stream })) };
}

export function requestOf(...streams: readonly StreamAppend[]): AppendRequest {
  return { commandId: randomUUID(), streams };
}

export function aRecord(response: unknown = 'done'): IdempotencyRecord {
  return { tenantId: TEST_TENANT, key: randomUUID(), fingerprint: 'a fingerprint', response };
}

export async function versionsOf(store: PostgresEventStore, stream: StreamId): Promise<readonly number[]> {
  return (await store.read(stream)).map(({ version }) => version);
}
