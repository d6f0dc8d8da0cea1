import { VersionConflict } from '@codex/event-sourcing';
import { eventually } from '@codex/testing';

import { acquireRelayLock, PostgresRelayReader } from '../src';
import { aStream, appendTo, openStoreDatabase, requestOf, versionsOf, type StoreDatabase } from './store-database';

/** A restore into another cluster looks like this: its transaction ids start below those that the rows carry. */
async function restoreElsewhere({ pool }: StoreDatabase): Promise<void> {
  await pool.query(`update event_store.eras set system_identifier = 'the cluster we came from'`);
  await pool.query(`alter table event_store.events alter xid drop default`);
  await pool.query(`update event_store.events set xid = (xid::text::bigint + 1000000)::text::xid8`);
}

describe('an event table restored into another cluster', () => {
  let database: StoreDatabase;

  beforeEach(async () => {
    database = await openStoreDatabase();
  });
  afterEach(() => database.dispose());

  it('begins a new era before the first append', async () => {
    const stream = aStream();
    await database.store.append(requestOf(appendTo(stream, 0, ['A', 'B'])));
    await restoreElsewhere(database);
    const { store } = database.openStore();
    await store.append(requestOf(appendTo(stream, 2)));
    expect(await versionsOf(store, stream)).toEqual([1, 2, 3]);
    expect((await database.pool.query('select era from event_store.eras order by era')).rows).toEqual([
      { era: 1 },
      { era: 2 },
    ]);
  });

  it('hands out all rows of earlier eras, and later rows behind them', async () => {
    const [before, after] = [aStream(), aStream()];
    await database.store.append(requestOf(appendTo(before)));
    const reader = new PostgresRelayReader(database.pool, 'main');
    await restoreElsewhere(database);
    expect(await reader.readAfter(await reader.loadCursor(), 10)).toEqual([]);
    await database.openStore().store.append(requestOf(appendTo(after)));
    const rows = await eventually(async () => {
      const read = await reader.readAfter(await reader.loadCursor(), 10);
      return read.length === 2 && read;
    });
    expect(rows.map(({ era, stream }) => [era, stream])).toEqual([
      [1, before],
      [2, after],
    ]);
    expect(BigInt(rows[1]!.xid)).toBeLessThan(BigInt(rows[0]!.xid));
    expect(await reader.readAfter(rows[1]!, 10)).toEqual([]);
  });

  it('begins one new era, however many processes find out at once', async () => {
    await restoreElsewhere(database);
    const stores = Array.from({ length: 5 }, () => database.openStore().store);
    await Promise.all(stores.map((store) => store.append(requestOf(appendTo(aStream())))));
    expect((await database.pool.query('select max(era) as era from event_store.eras')).rows).toEqual([{ era: 2 }]);
  });

  it('begins it also for a relay without writers', async () => {
    await restoreElsewhere(database);
    const lock = await acquireRelayLock(database.config, 'main');
    await lock.release();
    expect((await database.pool.query('select max(era) as era from event_store.eras')).rows).toEqual([{ era: 2 }]);
  });

  it('lets nothing follow a row of an era that is not known here', async () => {
    const stream = aStream();
    await database.store.append(requestOf(appendTo(stream)));
    await database.pool.query('update event_store.events set era = 9');
    await expect(database.store.append(requestOf(appendTo(stream, 1)))).rejects.toThrow(VersionConflict);
  });
});
