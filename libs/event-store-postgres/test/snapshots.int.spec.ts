import { randomUUID } from 'node:crypto';

import { CommandRunner, fingerprintOf, SNAPSHOT_EVERY, StateCache, type Decider } from '@codex/event-sourcing';
import type { CommandResult, DomainCommand, DomainEvent, FoldRange, StreamId } from '@codex/event-sourcing';
import { commandMetadata, TEST_TENANT } from '@codex/event-sourcing/testing';

import { PostgresSnapshots } from '../src';
import { openStoreDatabase, type StoreDatabase } from './store-database';

type Add = DomainCommand<'Add', { readonly amount: number }>;
type Added = DomainEvent<'Added', { readonly amount: number }>;

/** Its state is the whole history, so that any wrong event in a fold shows. */
const ledger: Decider<Add, readonly number[], Added> = {
  category: 'Ledger',
  stateVersion: 1,
  initialState: () => [],
  evolve: (amounts, { data }) => [...amounts, data.amount],
  decide: ({ data }, amounts) => [{ type: 'Added', data: { amount: data.amount + amounts.length } }],
};

/** As many as the tests take. */
const LONG_STREAMS = 15;

describe('snapshots in Postgres', () => {
  let database: StoreDatabase;
  /** Made side by side, which costs little more than one. */
  let unused: StreamId[];
  beforeAll(async () => {
    database = await openStoreDatabase();
    unused = await Promise.all(Array.from({ length: LONG_STREAMS }, () => makeLongStream()));
  });
  afterAll(() => database.dispose());

  const sql = (text: string, ...values: unknown[]) => database.pool.query(text, values);

  /** A process of its own: nothing in memory, the same database. */
  function replica() {
    const snapshots = new PostgresSnapshots({ sql: database.pool });
    const { store } = database.openStore();
    const loads: number[] = [];
    const counting = Object.assign(Object.create(store) as typeof store, {
      load: async (ranges: readonly FoldRange[]) => {
        const parts = await store.load(ranges);
        loads.push([...parts.values()].reduce((sum, { events }) => sum + events.length, 0));
        return parts;
      },
    });
    const cache = new StateCache(100, snapshots);
    const runner = new CommandRunner({ store: counting, cache, newId: randomUUID, refused: () => null });
    return { runner, snapshots, loads };
  }

  const add = (runner: CommandRunner, stream: StreamId, amount = 1): Promise<CommandResult> =>
    runner.run(ledger, stream, { type: 'Add', data: { amount }, metadata: commandMetadata() });

  /** A stream of its own with a snapshot in its middle. */
  const longStream = (): StreamId => unused.pop()!;

  async function makeLongStream(): Promise<StreamId> {
    const stream = `Ledger-${randomUUID()}`;
    const { runner, snapshots } = replica();
    for (let count = 0; count < SNAPSHOT_EVERY + 20; count++) await add(runner, stream);
    await snapshots.flush();
    return stream;
  }

  /** What a cold process makes of the stream, and how many events it had to read for that. */
  async function coldState(stream: StreamId) {
    const { runner, loads, snapshots } = replica();
    const { response } = await add(runner, stream, 1_000);
    const last = (await database.store.read(stream)).at(-1)!;
    await snapshots.flush();
    const version = response.version - 1;
    expect(last.data).toEqual({ amount: 1_000 + version });
    return { version, read: loads[0]!, loads: loads.length, refused: snapshots.counts.refused };
  }

  const stored = async (stream: StreamId) =>
    (await sql('select version from event_store.snapshots where stream = $1', stream)).rows[0]?.version;

  const none = { outdated: 0, foreign: 0, damaged: 0 };

  it('spare a cold process the events in front of them', async () => {
    const stream = longStream();
    expect(await coldState(stream)).toEqual({ version: 120, read: 20, loads: 1, refused: none });
  });

  it('help a replica whose memory is far behind', async () => {
    const stream = `Ledger-${randomUUID()}`;
    const [busy, other] = [replica(), replica()];
    await add(other.runner, stream);
    for (let count = 1; count < SNAPSHOT_EVERY + 5; count++) await add(busy.runner, stream);
    await busy.snapshots.flush();
    await add(other.runner, stream);
    expect(other.loads).toEqual([0, 5]);
  });

  it('are read in transactions too', async () => {
    const stream = longStream();
    const range = { stream, afterVersion: 0, fingerprint: fingerprintOf(ledger) };
    const part = await database.store.transaction(async (tx) => (await tx.load([range])).get(stream)!);
    expect([part.snapshot?.version, part.events.length]).toEqual([SNAPSHOT_EVERY, 20]);
  });

  it('are left alone while they would spare next to nothing', async () => {
    const stream = longStream();
    const range = { stream, afterVersion: SNAPSHOT_EVERY - 10, fingerprint: fingerprintOf(ledger) };
    const part = (await database.store.load([range])).get(stream)!;
    expect([part.snapshot, part.events.length]).toEqual([null, 30]);
  });

  describe('that can not be trusted are ignored, deleted and counted:', () => {
    const change = (set: string) => async (stream: StreamId) => {
      await sql(`update event_store.snapshots set ${set} where stream = $1`, stream);
    };

    /** As if events had been lost with a part of the table and others had taken their place. */
    async function otherHistory(stream: StreamId): Promise<void> {
      await sql(
        `update event_store.events set metadata = jsonb_set(metadata, '{messageId}', to_jsonb($2::text))
          where stream = $1 and version = $3`,
        stream,
        randomUUID(),
        SNAPSHOT_EVERY,
      );
    }

    async function ofAnotherStream(stream: StreamId): Promise<void> {
      const other = longStream();
      await sql('delete from event_store.snapshots where stream = $1', stream);
      await sql('update event_store.snapshots set stream = $1 where stream = $2', stream, other);
    }

    /** With the event of this stream it claims to end with: only the checksum knows. */
    async function disguised(stream: StreamId): Promise<void> {
      await ofAnotherStream(stream);
      await sql(
        `update event_store.snapshots s set event_id = e.metadata ->> 'messageId' from event_store.events e
          where s.stream = $1 and e.stream = $1 and e.version = s.version`,
        stream,
      );
    }

    it.each([
      ['its state was changed', change(`state = '[7]'`), { ...none, damaged: 1 }, 2],
      ['its checksum was changed', change(`checksum = '\\x00'`), { ...none, damaged: 1 }, 2],
      ['it was made by an older fold', change(`fingerprint = 'Ledger@0'`), { ...none, outdated: 1 }, 1],
      ['it comes from the future', change('version = version + 1000'), { ...none, foreign: 1 }, 1],
      ['it claims another version', change('version = version - 1'), { ...none, foreign: 1 }, 1],
      ['it is of another tenant', change(`tenant_id = 'another'`), { ...none, foreign: 1 }, 1],
      ['it is of another history', otherHistory, { ...none, foreign: 1 }, 1],
      ['it is of another stream', ofAnotherStream, { ...none, foreign: 1 }, 1],
      ['it is of another stream and disguised', disguised, { ...none, damaged: 1 }, 2],
    ])('%s', async (_, spoil, refused, loads) => {
      const stream = longStream();
      await spoil(stream);
      const before = await stored(stream);
      const cold = await coldState(stream);
      expect(cold).toMatchObject({ version: 120, refused, loads });
      expect(await stored(stream)).not.toBe(before);
      expect((await coldState(stream)).refused).toEqual(none);
    });
  });

  it('never get in the way of a command when they can not be stored', async () => {
    const stream = `Ledger-${randomUUID()}`;
    const { runner, snapshots } = replica();
    await sql('alter table event_store.snapshots add constraint none check (version < 0) not valid');
    try {
      for (let count = 0; count < SNAPSHOT_EVERY; count++) await add(runner, stream);
      await snapshots.flush();
    } finally {
      await sql('alter table event_store.snapshots drop constraint none');
    }
    expect(snapshots.counts).toMatchObject({ written: 0, failed: 1 });
    expect((await add(runner, stream)).response.version).toBe(SNAPSHOT_EVERY + 1);
  });

  it('are never moved back', async () => {
    const stream = longStream();
    const snapshots = new PostgresSnapshots({ sql: database.pool });
    const place = { stream, tenantId: TEST_TENANT, version: 50, eventId: 'e', fingerprint: 'Ledger@1' };
    snapshots.offer(place, []);
    await snapshots.flush();
    expect(await stored(stream)).toBe(SNAPSHOT_EVERY);
  });
});
