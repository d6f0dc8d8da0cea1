import type { EventStore, RecordedEvent } from '@codex/event-sourcing';
import { aReply, eventStoreContract, TEST_TENANT } from '@codex/event-sourcing/testing';
import type { Sql } from '@codex/postgres';

import type { InlineProjection } from '../src';
import { aStream, appendTo, openStoreDatabase, requestOf, versionsOf, type StoreDatabase } from './store-database';

let shared: StoreDatabase;

eventStoreContract('the Postgres store', {
  open: async (): Promise<EventStore> => {
    shared = await openStoreDatabase();
    return shared.store;
  },
  close: () => shared.dispose(),
});

describe('the Postgres store', () => {
  let database: StoreDatabase;

  beforeAll(async () => {
    database = await openStoreDatabase();
  });
  afterAll(() => database.dispose());

  it('upcasts at every read', async () => {
    const upcasters = new Map([['Renamed', (event: { data: unknown }) => ({ type: 'Titled', data: event.data })]]);
    const { store } = database.openStore({ upcasters });
    const stream = aStream();
    await store.append(requestOf(appendTo(stream, 0, ['Renamed', 'Changed'])));
    expect((await store.read(stream)).map(({ type }) => type)).toEqual(['Titled', 'Changed']);
    await store.transaction(async (tx) => {
      expect((await tx.read(stream)).map(({ type }) => type)).toEqual(['Titled', 'Changed']);
    });
  });

  it('stores tenant, kind and metadata of commands and replies beside the events', async () => {
    const stream = aStream();
    const reply = aReply(stream);
    await database.store.append({ ...requestOf(appendTo(stream)), messages: [reply] });
    const { rows } = await database.pool.query(
      'select kind, version, tenant_id, metadata from event_store.events where stream = $1 order by position',
      [stream],
    );
    expect(rows).toEqual([
      { kind: 'event', version: 1, tenant_id: TEST_TENANT, metadata: expect.any(Object) },
      { kind: 'reply', version: null, tenant_id: TEST_TENANT, metadata: reply.metadata },
    ]);
    expect(await versionsOf(database.store, stream)).toEqual([1]);
  });

  it('tells its listeners about commits, not about appends that stored nothing', async () => {
    let commits = 0;
    const stop = database.store.onCommit(() => commits++);
    const stream = aStream();
    await database.store.append(requestOf(appendTo(stream)));
    await database.store.append(requestOf(appendTo(stream))).catch(() => undefined);
    await database.store.transaction((tx) => tx.append([requestOf(appendTo(stream, 1))]));
    await database.store.transaction((tx) => tx.read(stream));
    stop();
    await database.store.append(requestOf(appendTo(stream, 2)));
    expect(commits).toBe(2);
  });
});

describe('inline projections', () => {
  let database: StoreDatabase;

  beforeAll(async () => {
    database = await openStoreDatabase();
    await database.pool.query('create table counts (stream text primary key, total int not null check (total < 3))');
  });
  afterAll(() => database.dispose());

  const counts: InlineProjection = {
    types: new Set(['Counted']),
    apply: async (tx: Sql, events: readonly RecordedEvent[]) => {
      await tx.query(
        `insert into counts select stream, count(*) from unnest($1::text[]) stream group by 1
         on conflict (stream) do update set total = counts.total + excluded.total`,
        [events.map(({ stream }) => stream)],
      );
    },
  };

  async function totalOf(stream: string): Promise<number | undefined> {
    return (await database.pool.query('select total from counts where stream = $1', [stream])).rows[0]?.total;
  }

  it('are written with the events, for a whole batch at once', async () => {
    const seen: RecordedEvent[][] = [];
    const apply: InlineProjection['apply'] = async (tx, events) => {
      seen.push([...events]);
      await counts.apply(tx, events);
    };
    const { store } = database.openStore({ inlineProjections: [{ ...counts, apply }] });
    const [first, second] = [aStream(), aStream()];
    await Promise.all([
      store.append(requestOf(appendTo(first, 0, ['Counted', 'Changed', 'Counted']))),
      store.append(requestOf(appendTo(second, 0, ['Counted']))),
    ]);
    expect([await totalOf(first), await totalOf(second)]).toEqual([2, 1]);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toEqual([...(await eventsOf(store, first)), ...(await eventsOf(store, second))]);
  });

  it('see nothing of an append in conflict, and undo only the append that they fail for', async () => {
    const { store } = database.openStore({ inlineProjections: [counts] });
    const [taken, tooMany, fine] = [aStream(), aStream(), aStream()];
    await store.append(requestOf(appendTo(taken, 0, ['Counted'])));
    const settled = await Promise.allSettled([
      store.append(requestOf(appendTo(taken, 0, ['Counted']))),
      store.append(requestOf(appendTo(tooMany, 0, ['Counted', 'Counted', 'Counted']))),
      store.append(requestOf(appendTo(fine, 0, ['Counted']))),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect([await totalOf(taken), await totalOf(tooMany), await totalOf(fine)]).toEqual([1, undefined, 1]);
    expect(await versionsOf(store, tooMany)).toEqual([]);
  });

  it('take part in transactions', async () => {
    const { store } = database.openStore({ inlineProjections: [counts] });
    const [kept, dropped] = [aStream(), aStream()];
    await store.transaction((tx) => tx.append([requestOf(appendTo(kept, 0, ['Counted']))]));
    const failing = store.transaction(async (tx) => {
      await tx.append([requestOf(appendTo(dropped, 0, ['Counted']))]);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect([await totalOf(kept), await totalOf(dropped)]).toEqual([1, undefined]);
  });
});

async function eventsOf(store: EventStore, stream: string): Promise<readonly RecordedEvent[]> {
  return (await store.read(stream)).filter(({ type }) => type === 'Counted');
}
