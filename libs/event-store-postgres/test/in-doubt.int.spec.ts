import { Unavailable, VersionConflict } from '@codex/event-sourcing';
import { eventually } from '@codex/testing';
import type { Pool } from 'pg';

import type { InlineProjection, PostgresEventStore } from '../src';
import {
  aRecord,
  aStream,
  appendTo,
  openStoreDatabase,
  requestOf,
  versionsOf,
  type StoreDatabase,
} from './store-database';
import { TcpProxy } from './tcp-proxy';

const APPEND = 'event-store-append';

describe('an append whose connection breaks', () => {
  let database: StoreDatabase;
  let proxy: TcpProxy;
  let proxies: TcpProxy[];
  let store: PostgresEventStore;
  let pool: Pool;

  beforeEach(async () => {
    database = await openStoreDatabase();
    proxies = [new TcpProxy(new URL(database.url)), new TcpProxy(new URL(database.url))];
    proxy = proxies[0]!;
    ({ store, pool } = database.openStore({ settleWithinMs: 1500 }, { connectionString: await proxy.listen() }));
    await store.append(requestOf(appendTo(aStream())));
  });
  afterEach(async () => {
    await Promise.all(proxies.map((each) => each.close()));
    await database.dispose();
  });

  it('is answered as stored when the server had acted, and is stored once', async () => {
    const [stream, record] = [aStream(), aRecord()];
    const cut = proxy.cutNext(APPEND, 'answer');
    const outcome = store.append({ ...requestOf(appendTo(stream)), idempotency: [record] });
    await cut;
    expect(await outcome).toEqual({ status: 'appended' });
    expect(await versionsOf(database.store, stream)).toEqual([1]);
  });

  it('gives every other append of its batch the outcome it had', async () => {
    const [taken, fine, known] = [aStream(), aStream(), aRecord()];
    await store.append({ ...requestOf(appendTo(taken)), idempotency: [known] });
    const cut = proxy.cutNext(APPEND, 'answer');
    const settled = Promise.allSettled([
      store.append(requestOf(appendTo(taken))),
      store.append({ ...requestOf(appendTo(aStream())), idempotency: [known] }),
      store.append(requestOf(appendTo(fine))),
    ]);
    await cut;
    expect(await settled).toEqual([
      { status: 'rejected', reason: expect.any(VersionConflict) },
      { status: 'fulfilled', value: { status: 'replayed', record: known } },
      { status: 'fulfilled', value: { status: 'appended' } },
    ]);
  });

  it('is sent again when the server never heard of it', async () => {
    const stream = aStream();
    const cut = proxy.cutNext(APPEND, 'request');
    const outcome = store.append(requestOf(appendTo(stream)));
    await cut;
    expect(await outcome).toEqual({ status: 'appended' });
    expect(await versionsOf(database.store, stream)).toEqual([1]);
  });

  it('can not come true behind the back of its caller: a server process that is still at it is ended first', async () => {
    const stream = aStream();
    const { rows: backends } = await pool.query('select pg_backend_pid() as pid');
    const blocker = await database.pool.connect();
    await blocker.query('begin');
    await blocker.query('lock table event_store.commands in share mode');
    const cut = proxy.cutNext(APPEND, 'heard');
    const outcome = store.append({ ...requestOf(appendTo(stream)), idempotency: [aRecord()] });
    await cut;
    const another = [expect.not.objectContaining(backends[0])];
    await eventually(async () => expect(await waitingBackends(database)).toEqual(another));
    await blocker.query('commit');
    blocker.release();
    expect(await outcome).toEqual({ status: 'appended' });
    expect(await versionsOf(database.store, stream)).toEqual([1]);
  });

  it('is found also when it was a transaction with inline projections', async () => {
    const projection: InlineProjection = {
      types: new Set(['Changed']),
      apply: async (tx) => void (await tx.query('select 1')),
    };
    const through = proxies[1]!;
    const opened = database.openStore(
      { inlineProjections: [projection] },
      { connectionString: await through.listen() },
    );
    const stream = aStream();
    const cut = through.cutNext('commit\0', 'answer');
    const outcome = opened.store.append(requestOf(appendTo(stream)));
    await cut;
    expect(await outcome).toEqual({ status: 'appended' });
    expect(await versionsOf(database.store, stream)).toEqual([1]);
  });

  it('is unavailable when the database stays away, and when it was never reached', async () => {
    const cut = proxy.cutNext(APPEND, 'answer');
    const lost = store.append(requestOf(appendTo(aStream())));
    const refused = expect(lost).rejects.toThrow(Unavailable);
    await cut;
    await proxy.close();
    await refused;
    await expect(store.append(requestOf(appendTo(aStream())))).rejects.toThrow(Unavailable);
    await expect(store.read(aStream())).rejects.toThrow(Unavailable);
    await expect(store.transaction(async () => undefined)).rejects.toThrow(Unavailable);
  });

  it('makes a transaction unavailable when it is lost during COMMIT', async () => {
    const stream = aStream();
    const cut = proxy.cutNext('commit\0', 'answer');
    const lost = store.transaction((tx) => tx.append([requestOf(appendTo(stream))]));
    const refused = expect(lost).rejects.toThrow(Unavailable);
    await cut;
    await refused;
    expect(await versionsOf(database.store, stream)).toEqual([1]);
  });
});

async function waitingBackends({ pool }: StoreDatabase): Promise<readonly { readonly pid: number }[]> {
  const waiting = `select pid from pg_locks where relation = 'event_store.commands'::regclass and not granted`;
  return (await pool.query<{ pid: number }>(waiting)).rows;
}
