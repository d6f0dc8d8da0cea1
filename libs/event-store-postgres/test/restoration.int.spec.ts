import type { RecordedEvent } from '@codex/event-sourcing';
import { jsonCodec, messageMetadata, TEST_TENANT } from '@codex/event-sourcing/testing';

import {
  finishRestoration,
  Restoration,
  restorationState,
  type HandledPosition,
  type InlineProjection,
  type RestoredMessage,
} from '../src';
import { openStoreDatabase, type StoreDatabase } from './store-database';

describe('the end of a restoration', () => {
  let database: StoreDatabase;

  beforeEach(async () => {
    database = await openStoreDatabase();
    await database.pool.query('create table seen (stream text, version int)');
  });
  afterEach(() => database.dispose());

  it('fills tables from all events, in order, and hands over where commands were', async () => {
    await restore(2_500);
    const handed: HandledPosition[] = [];
    await finishRestoration(database.pool, finish({ handed }));
    const { rows } = await database.pool.query('select count(*)::int as n, count(distinct stream)::int as s from seen');
    expect(rows).toEqual([{ n: 2_500, s: 5 }]);
    expect(await outOfOrder()).toBe(0);
    expect(handed).toEqual([{ topic: 'a.commands', partition: 1, offset: 7 }]);
    expect(await restorationState(database.pool)).toBe('none');
    await finishRestoration(database.pool, finish({ handed }));
    expect(handed).toHaveLength(1);
  });

  it('goes on after a crash where it was, and does nothing twice', async () => {
    await restore(2_500);
    const failing = finish({ failAfter: 1_500 });
    await expect(finishRestoration(database.pool, failing)).rejects.toThrow('a crash');
    expect(await restorationState(database.pool)).toBe('restored');
    await finishRestoration(database.pool, finish({}));
    const { rows } = await database.pool.query('select count(*)::int as n from seen');
    expect(rows).toEqual([{ n: 2_500 }]);
  });

  it('is not there without one, and not before it is whole', async () => {
    expect(await restorationState(database.pool)).toBe('none');
    const restoration = await Restoration.begin(database.config, 'spec');
    expect(await restorationState(database.pool)).toBe('broken');
    await restoration.add([event('Sample-a', 2)]);
    await expect(restoration.finish([], 'a.events')).rejects.toMatchObject({ code: 'STREAM_GAP' });
    await restoration.add([
      event('Sample-a', 1),
      { ...event('Sample-b', 1), metadata: messageMetadata({ messageId: 'x' }) },
    ]);
    await restoration.add([{ ...event('Sample-c', 1), metadata: messageMetadata({ messageId: 'x' }) }]);
    await expect(restoration.finish([], 'a.events')).rejects.toMatchObject({ code: 'MESSAGE_REPEATED' });
    await restoration.close();
    expect(await restorationState(database.pool)).toBe('broken');
  });

  it('begins an era above all that were restored', async () => {
    const restoration = await Restoration.begin(database.config, 'spec');
    await restoration.add([{ ...event('Sample-a', 1), era: 6 }]);
    expect(await restoration.finish([], 'a.events')).toBe(7);
    await restoration.close();
  });

  async function restore(count: number): Promise<void> {
    const restoration = await Restoration.begin(database.config, 'spec');
    const messages = Array.from({ length: count }, (_, index) =>
      event(`Sample-${index % 5}`, Math.floor(index / 5) + 1),
    );
    for (let from = 0; from < count; from += 500) await restoration.add(messages.slice(from, from + 500));
    await restoration.finish([{ topic: 'a.commands', partition: 1, offset: 7 }], 'a.events');
    await restoration.close();
  }

  function finish({ handed = [], failAfter = Infinity }: { handed?: HandledPosition[]; failAfter?: number }) {
    let applied = 0;
    const seen: InlineProjection = {
      types: new Set(['Happened']),
      apply: async (tx, events: readonly RecordedEvent[]) => {
        applied += events.length;
        if (applied > failAfter) throw new Error('a crash');
        const columns = [events.map(({ stream }) => stream), events.map(({ version }) => version)];
        await tx.query('insert into seen select * from unnest($1::text[], $2::int[])', columns);
      },
    };
    return {
      decoder: { codec: jsonCodec, upcasters: new Map() },
      inlineProjections: [seen],
      handled: async (_: unknown, positions: readonly HandledPosition[]) => void handed.push(...positions),
    };
  }

  async function outOfOrder(): Promise<number> {
    const { rows } = await database.pool.query(
      `select count(*)::int as n from (
         select version - lag(version, 1, 0) over (partition by stream order by ctid) as step from seen) s where step <> 1`,
    );
    return rows[0].n as number;
  }
});

function event(stream: string, version: number): RestoredMessage {
  const body = { ...jsonCodec.encode('Happened', { version }), type: 'Happened' };
  const about = { kind: 'event', era: 1, stream, version, tenantId: TEST_TENANT } as const;
  return { ...about, ...body, metadata: messageMetadata(), recordedAt: '2026-01-01T00:00:00.000123Z' };
}
