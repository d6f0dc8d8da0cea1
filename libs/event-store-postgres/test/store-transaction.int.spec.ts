import { Unavailable, VersionConflict } from '@codex/event-sourcing';
import { eventually } from '@codex/testing';

import {
  aRecord,
  aStream,
  appendTo,
  openStoreDatabase,
  requestOf,
  versionsOf,
  type StoreDatabase,
} from './store-database';

describe('a store transaction', () => {
  let database: StoreDatabase;

  beforeAll(async () => {
    database = await openStoreDatabase();
    await database.pool.query('create table notes (text text)');
  });
  afterAll(() => database.dispose());

  it('commits events, keys and other rows together, and reads its own', async () => {
    const [stream, record] = [aStream(), aRecord()];
    const answer = await database.store.transaction(async (tx) => {
      await tx.append([{ ...requestOf(appendTo(stream)), idempotency: [record] }]);
      await tx.query('insert into notes values ($1)', [stream]);
      expect(await tx.findCommands([record, aRecord()])).toEqual([record]);
      expect((await tx.readMany([{ stream, afterVersion: 0 }])).get(stream)).toHaveLength(1);
      expect(await versionsOf(database.store, stream)).toEqual([]);
      return 'done';
    });
    expect(answer).toBe('done');
    expect(await versionsOf(database.store, stream)).toEqual([1]);
    expect(await notesOf(stream)).toBe(1);
  });

  it('rolls everything back when its work throws', async () => {
    const stream = aStream();
    const failing = database.store.transaction(async (tx) => {
      await tx.append([requestOf(appendTo(stream))]);
      await tx.query('insert into notes values ($1)', [stream]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect([await versionsOf(database.store, stream), await notesOf(stream)]).toEqual([[], 0]);
  });

  it('can not commit after a conflict, also when the conflict was caught', async () => {
    const [stream, other] = [aStream(), aStream()];
    await database.store.append(requestOf(appendTo(stream)));
    const stubborn = database.store.transaction(async (tx) => {
      await tx.append([requestOf(appendTo(other))]);
      await tx.append([requestOf(appendTo(stream))]).catch(() => undefined);
    });
    await expect(stubborn).rejects.toThrow(VersionConflict);
    expect(await versionsOf(database.store, other)).toEqual([]);
  });

  it('is in conflict when a key is known by now', async () => {
    const record = aRecord();
    await database.store.append({ ...requestOf(), idempotency: [record] });
    const late = database.store.transaction((tx) => tx.append([{ ...requestOf(), idempotency: [record] }]));
    await expect(late).rejects.toThrow(VersionConflict);
  });

  it('is in conflict with a transaction that was open when it checked, and committed first', async () => {
    const stream = aStream();
    let second: Promise<unknown> = Promise.resolve();
    await database.store.transaction(async (tx) => {
      await tx.append([requestOf(appendTo(stream))]);
      second = database.store.transaction((other) => other.append([requestOf(appendTo(stream))]));
      second.catch(() => undefined);
      await untilSomebodyWaits(database);
    });
    await expect(second).rejects.toThrow(VersionConflict);
    expect(await versionsOf(database.store, stream)).toEqual([1]);
  });

  it('is unavailable, and over, when it lies idle for too long', async () => {
    const { store } = database.openStore({}, { idleInTransactionTimeoutMs: 50 });
    const stream = aStream();
    const idle = store.transaction(async (tx) => {
      await tx.append([requestOf(appendTo(stream))]);
      await database.pool.query('select pg_sleep(0.2)');
      await tx.read(stream);
    });
    await expect(idle).rejects.toThrow(Unavailable);
    expect(await versionsOf(database.store, stream)).toEqual([]);
  });

  async function notesOf(text: string): Promise<number> {
    return (await database.pool.query('select from notes where text = $1', [text])).rowCount!;
  }
});

async function untilSomebodyWaits({ pool }: StoreDatabase): Promise<void> {
  const waiting = `select from pg_locks l join pg_stat_activity a using (pid) where a.datname = current_database() and not l.granted`;
  await eventually(async () => (await pool.query(waiting)).rowCount === 1);
}
