import { VersionConflict, type AppendOutcome } from '@codex/event-sourcing';
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

const WAITING = `select from pg_locks l join pg_stat_activity a using (pid) where a.datname = current_database() and not l.granted`;

describe('group commit', () => {
  let database: StoreDatabase;

  beforeEach(async () => {
    database = await openStoreDatabase();
  });
  afterEach(() => database.dispose());

  it('stores the appends of one turn in as many transactions as may be out at once', async () => {
    const streams = Array.from({ length: 100 }, aStream);
    await Promise.all(streams.map((stream) => database.store.append(requestOf(appendTo(stream)))));
    const { rows } = await database.pool.query(
      'select count(distinct xid)::int as transactions, count(*)::int as events from event_store.events',
    );
    expect(rows).toEqual([{ transactions: 2, events: 100 }]);
  });

  it('gives each append its own error when the database refuses one of them', async () => {
    const [fine, alsoFine] = [aStream(), aStream()];
    const tooLong = { ...aRecord(), key: randomText(9000) };
    const settled = await Promise.allSettled([
      database.store.append(requestOf(appendTo(fine))),
      database.store.append({ ...requestOf(appendTo(aStream())), idempotency: [tooLong] }),
      database.store.append(requestOf(appendTo(alsoFine))),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await versionsOf(database.store, fine)).toEqual([1]);
    expect(await versionsOf(database.store, alsoFine)).toEqual([1]);
  });

  it('lets replicas race for the same streams and keys: one wins each, a repeated key is replayed', async () => {
    const stores = [database.store, database.openStore().store, database.openStore().store];
    const streams = Array.from({ length: 60 }, aStream);
    const records = streams.map(() => aRecord());
    const settled = await Promise.allSettled(
      stores.flatMap((store) =>
        streams.map((stream, index) =>
          store.append(
            index % 2 === 0
              ? requestOf(appendTo(stream))
              : { ...requestOf(appendTo(stream)), idempotency: [records[index]!] },
          ),
        ),
      ),
    );
    const won = settled.filter((outcome) => outcome.status === 'fulfilled' && outcome.value.status === 'appended');
    expect(won).toHaveLength(streams.length);
    for (const outcome of settled) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(VersionConflict);
    }
    const keyed = settled.filter((_, index) => index % 2 === 1);
    expect(keyed.map(({ status }) => status)).toEqual(keyed.map(() => 'fulfilled'));
    for (const stream of streams) expect(await versionsOf(database.store, stream)).toEqual([1]);
  });

  it('replays to whoever raced alone for a key, once the winner is through', async () => {
    const [stream, record] = [aStream(), aRecord()];
    const request = { ...requestOf(appendTo(stream)), idempotency: [record] };
    let second: Promise<AppendOutcome> | undefined;
    await database.store.transaction(async (tx) => {
      await tx.append([request]);
      second = database.openStore().store.append(request);
      await eventually(async () => (await database.pool.query(WAITING)).rowCount === 1);
    });
    expect(await second).toEqual({ status: 'replayed', record });
  });

  it('never deadlocks with batches of another replica that name the same streams in another order', async () => {
    const [first, second] = [database.openStore().store, database.openStore().store];
    for (let round = 0; round < 20; round++) {
      const streams = Array.from({ length: 60 }, aStream);
      const requests = streams.map((stream, index) => requestOf(appendTo(stream), appendTo(`${streams.at(-index)!}x`)));
      const keyed = requests.map((request) => ({ ...request, idempotency: [aRecord()] }));
      await Promise.allSettled([
        ...keyed.map((request) => first.append(request)),
        ...keyed.toReversed().map((request) => second.append(request)),
      ]);
    }
    expect(await deadlocksOf(database)).toBe(0);
  });

  it('waits for every append when it closes', async () => {
    const stream = aStream();
    const append = database.store.append(requestOf(appendTo(stream)));
    await database.store.close();
    expect(await Promise.race([append, Promise.resolve('pending')])).toEqual({ status: 'appended' });
  });
});

/** A server process reports its deadlocks at the latest when it ends, so the stores go first. */
async function deadlocksOf(database: StoreDatabase): Promise<number> {
  await database.disconnect();
  const { pool } = database.openStore();
  const { rows } = await pool.query<{ deadlocks: number }>(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  );
  return rows[0]!.deadlocks;
}

/** Text that does not compress: an index entry has room for 2.7 kB. */
function randomText(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join('');
}
