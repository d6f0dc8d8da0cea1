import { randomUUID } from 'node:crypto';

import { VersionConflict } from '@codex/event-sourcing';
import { aNewEvent, jsonCodec, TEST_TENANT } from '@codex/event-sourcing/testing';
import { createPool, inTransaction } from '@codex/postgres';
import { eventually } from '@codex/testing';

import { appendWithin, type Addition } from '../src';
import { aStream, appendTo, openStoreDatabase, requestOf, versionsOf, type StoreDatabase } from './store-database';

describe('appending within a transaction of somebody else', () => {
  let database: StoreDatabase;

  beforeAll(async () => {
    database = await openStoreDatabase();
  });
  afterAll(() => database.dispose());

  const addition = (stream: string, count = 1, tenantId = TEST_TENANT): Addition => ({
    stream,
    tenantId,
    events: Array.from({ length: count }, () => aNewEvent('Changed', { stream })),
  });
  const append = (...additions: Addition[]) =>
    inTransaction(database.pool, (tx) => appendWithin(tx, jsonCodec, additions));

  it('puts events behind what the streams hold, in several streams at once', async () => {
    const [old, fresh] = [aStream(), aStream()];
    await database.store.append(requestOf(appendTo(old)));
    await append(addition(old, 2), addition(fresh));
    await append(addition(old), addition(fresh, 2));
    expect([await versionsOf(database.store, old), await versionsOf(database.store, fresh)]).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3],
    ]);
    await append();
  });

  it('leaves a stream to the tenant it belongs to', async () => {
    const stream = aStream();
    await append(addition(stream));
    await append(addition(stream, 1, randomUUID()));
    expect((await database.store.read(stream)).map(({ tenantId }) => tenantId)).toEqual([TEST_TENANT, TEST_TENANT]);
  });

  it('is undone with the transaction', async () => {
    const stream = aStream();
    const failing = inTransaction(database.pool, async (tx) => {
      await appendWithin(tx, jsonCodec, [addition(stream)]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await versionsOf(database.store, stream)).toEqual([]);
  });

  it('is in conflict when another writer comes in between', async () => {
    const stream = aStream();
    await append(addition(stream));
    const racing = inTransaction(database.pool, async (first) => {
      await appendWithin(first, jsonCodec, [addition(stream)]);
      const second = append(addition(stream)).then(
        () => null,
        (error: unknown) => error,
      );
      await eventually(async () => {
        const { rows } = await database.pool.query('select from pg_locks where not granted');
        expect(rows.length).toBeGreaterThan(0);
      });
      return { second };
    });
    const { second } = await racing;
    expect(await second).toBeInstanceOf(VersionConflict);
    expect(await versionsOf(database.store, stream)).toEqual([1, 2]);
  });

  it('is durable on a connection whose commits are not, and only there', async () => {
    const pool = createPool({ ...database.config, maxConnections: 1 });
    await pool.query('set synchronous_commit = off');
    const settingOf = async (sql: { query: typeof pool.query }): Promise<unknown> =>
      (await sql.query('show synchronous_commit')).rows[0].synchronous_commit;
    const during = await inTransaction(pool, async (tx) => {
      await appendWithin(tx, jsonCodec, [addition(aStream())]);
      return settingOf(tx as unknown as typeof pool);
    });
    expect([during, await settingOf(pool)]).toEqual(['on', 'off']);
    await pool.end();
  });
});
