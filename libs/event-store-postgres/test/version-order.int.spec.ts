import { VersionConflict } from '@codex/event-sourcing';

import { aStream, appendTo, openStoreDatabase, requestOf, versionsOf, type StoreDatabase } from './store-database';

/** Rule 2: for each stream, the order of versions is the order of transaction ids. */
describe('versions follow transaction ids', () => {
  let database: StoreDatabase;

  beforeAll(async () => {
    database = await openStoreDatabase();
  });
  afterAll(() => database.dispose());

  it('refuses version 2 to a transaction whose id is older than the one of version 1', async () => {
    const stream = aStream();
    const inverted = database.store.transaction(async (tx) => {
      await tx.query('select pg_current_xact_id()');
      await database.store.append(requestOf(appendTo(stream)));
      expect(await tx.read(stream)).toHaveLength(1);
      await tx.append([requestOf(appendTo(stream, 1))]);
    });
    await expect(inverted).rejects.toThrow(VersionConflict);
    expect(await versionsOf(database.store, stream)).toEqual([1]);

    await database.store.transaction(async (tx) => tx.append([requestOf(appendTo(stream, 1))]));
    expect(await inversionsIn(database)).toBe(0);
  });

  it('takes version 2 from a transaction that took its id later', async () => {
    const stream = aStream();
    await database.store.transaction(async (tx) => {
      await database.store.append(requestOf(appendTo(stream)));
      await tx.query('select pg_current_xact_id()');
      await tx.append([requestOf(appendTo(stream, 1))]);
    });
    expect(await versionsOf(database.store, stream)).toEqual([1, 2]);
  });

  it('takes several appends to a stream in one transaction, also in one call', async () => {
    const stream = aStream();
    await database.store.transaction(async (tx) => {
      await tx.append([requestOf(appendTo(stream)), requestOf(appendTo(stream, 1))]);
      await tx.append([requestOf(appendTo(stream, 2, ['Changed', 'Changed']))]);
      expect(await tx.read(stream)).toHaveLength(4);
    });
    expect(await versionsOf(database.store, stream)).toEqual([1, 2, 3, 4]);
  });

  it('has no inversion after writers that take their ids early', async () => {
    const streams = Array.from({ length: 3 }, aStream);
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, writer) => writeEarly(database, streams, writer)));
    expect(outcomes.reduce((sum, conflicts) => sum + conflicts)).toBeGreaterThan(0);
    expect(await inversionsIn(database)).toBe(0);
  });
});

async function writeEarly(database: StoreDatabase, streams: readonly string[], writer: number): Promise<number> {
  let conflicts = 0;
  for (let round = 0; round < 15; round++) {
    const stream = streams[(writer + round) % streams.length]!;
    try {
      await database.store.transaction(async (tx) => {
        await tx.query('select pg_current_xact_id(), pg_sleep(random() * 0.004)');
        const { length } = await tx.read(stream);
        await tx.append([requestOf(appendTo(stream, length))]);
      });
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
      conflicts++;
    }
  }
  return conflicts;
}

async function inversionsIn(database: StoreDatabase): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(`
    select count(*)::int as count from (
      select (era, xid, position) < (lag(era) over w, lag(xid) over w, lag(position) over w) as inverted
      from event_store.events where kind = 'event' window w as (partition by stream order by version)
    ) ordered where inverted`);
  return rows[0]!.count;
}
