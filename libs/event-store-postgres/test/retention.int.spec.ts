import { randomUUID } from 'node:crypto';

import { TEST_TENANT } from '@codex/event-sourcing/testing';
import { Housekeeper } from '@codex/postgres';
import { eventually } from '@codex/testing';

import { eventStoreChores, PostgresRelayReader } from '../src';
import { aRecord, aStream, appendTo, openStoreDatabase, requestOf, type StoreDatabase } from './store-database';

const DAY_MS = 86_400_000;

describe('the retention of the event store', () => {
  let database: StoreDatabase;
  beforeEach(async () => {
    database = await openStoreDatabase();
  });
  afterEach(() => database.dispose());

  const sql = async <Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> =>
    (await database.pool.query(text, values)).rows as Row[];

  /** As if so many days had gone by. */
  async function age(days: number): Promise<void> {
    await sql(`update event_store.events set recorded_at = recorded_at - $1 * interval '1 day'`, days);
    await sql(`update event_store.commands set at = at - $1 * interval '1 day'`, days);
  }

  async function appendWithMessages(): Promise<void> {
    const stream = aStream();
    const { metadata } = appendTo(stream).events[0]!;
    const about = { stream, tenantId: TEST_TENANT, type: 'Told', data: {} };
    const message = (kind: 'command' | 'reply') => ({
      kind,
      ...about,
      metadata: { ...metadata, messageId: randomUUID() },
    });
    await database.store.append({
      ...requestOf(appendTo(stream)),
      messages: [message('command'), message('reply')],
      idempotency: [aRecord()],
    });
  }

  /** The relay has passed everything there is, also what transactions of other tests hold back for a while. */
  async function publishAll(name = 'relay'): Promise<void> {
    const reader = new PostgresRelayReader(database.pool, name);
    await eventually(async () => {
      const rows = await reader.readAfter(await reader.loadCursor(), 1_000);
      if (rows.length > 0) await reader.saveCursor(rows.at(-1)!);
      return (await reader.pending(await reader.loadCursor())).count === 0;
    });
  }

  async function tidy(): Promise<void> {
    const failed = jest.fn();
    const chores = eventStoreChores({ idempotencyMs: 7 * DAY_MS, messagesMs: 7 * DAY_MS });
    const reports = { removed: () => undefined, failed };
    await new Housekeeper({ pool: database.pool, chores, intervalMs: DAY_MS, reports }).runBeat();
    expect(failed).not.toHaveBeenCalled();
  }

  async function left() {
    const kinds = await sql<{ kind: string; n: number }>(
      'select kind, count(*)::int as n from event_store.events group by kind order by kind',
    );
    const [keys] = await sql<{ n: number }>('select count(*)::int as n from event_store.commands');
    return { ...Object.fromEntries(kinds.map(({ kind, n }) => [kind, n])), keys: keys!.n };
  }

  it('removes old idempotency rows and old published messages, and never an event', async () => {
    for (let count = 0; count < 300; count++) await appendWithMessages();
    await publishAll();
    await age(8);
    for (let count = 0; count < 3; count++) await appendWithMessages();
    await publishAll();
    await tidy();
    expect(await left()).toEqual({ event: 303, command: 3, reply: 3, keys: 3 });
  });

  it('keeps what is not old enough', async () => {
    await appendWithMessages();
    await publishAll();
    await age(6);
    await tidy();
    expect(await left()).toEqual({ event: 1, command: 1, reply: 1, keys: 1 });
  });

  it('keeps messages, however old, that a relay has not published', async () => {
    await appendWithMessages();
    await publishAll();
    await appendWithMessages();
    await age(100);
    await tidy();
    expect(await left()).toMatchObject({ event: 2, command: 1, reply: 1 });
  });

  it('waits for the slowest of several relays, and keeps all while there is none', async () => {
    await appendWithMessages();
    await age(100);
    await tidy();
    expect(await left()).toMatchObject({ command: 1, reply: 1 });
    await publishAll();
    await new PostgresRelayReader(database.pool, 'another').loadCursor();
    await tidy();
    expect(await left()).toMatchObject({ command: 1, reply: 1 });
    await publishAll('another');
    await tidy();
    expect(await left()).toEqual({ event: 1, keys: 0 });
  });

  it('leaves a relay that starts anew with what it needs: events in their order', async () => {
    for (let count = 0; count < 5; count++) await appendWithMessages();
    await publishAll();
    await age(8);
    await tidy();
    const reader = new PostgresRelayReader(database.pool, 'relay');
    await eventually(async () => {
      const rows = await reader.readAfter({ era: 0, xid: '0', position: '0' }, 100);
      expect(rows.map(({ kind }) => kind)).toEqual(Array(5).fill('event'));
    });
    expect((await reader.pending(await reader.loadCursor())).count).toBe(0);
  });

  it('finds what is old by an index, also in tables that were empty when they were first asked', async () => {
    await tidy();
    const plan = await database.store.transaction(async (tx) => {
      await tx.query('set local enable_seqscan = off');
      const text = `explain select ctid from event_store.events where version is null and recorded_at < now() order by recorded_at limit 10`;
      return (await tx.query<{ 'QUERY PLAN': string }>(text)).rows.map((row) => row['QUERY PLAN']).join('\n');
    });
    expect(plan).toContain('events_messages');
  });
});
