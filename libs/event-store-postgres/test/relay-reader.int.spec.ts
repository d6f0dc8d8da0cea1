import { aReply } from '@codex/event-sourcing/testing';
import { eventually } from '@codex/testing';

import { PENDING_COUNT_LIMIT, PostgresRelayReader, type RelayCursor, type RelayRow } from '../src';
import { aStream, appendTo, openStoreDatabase, requestOf, type StoreDatabase } from './store-database';

const WRITERS = 8;
const TRANSACTIONS = 40;

describe('the relay reader', () => {
  let database: StoreDatabase;
  let reader: PostgresRelayReader;

  beforeEach(async () => {
    database = await openStoreDatabase();
    reader = new PostgresRelayReader(database.pool, 'main');
  });
  afterEach(() => database.dispose());

  /** All rows, when there are so many of them: transactions of other tests on the same cluster hold rows back. */
  function allRows(count: number): Promise<readonly RelayRow[]> {
    return eventually(async () => {
      const rows = await reader.readAfter(await reader.loadCursor(), 10);
      return rows.length === count && rows;
    });
  }

  it('hands out events, commands and replies in commit order, with all a message needs', async () => {
    const stream = aStream();
    const messages = [aReply(stream), aReply(stream, { kind: 'command', type: 'DoIt' })];
    await database.store.append({ ...requestOf(appendTo(stream, 0, ['Opened', 'Closed'])), messages });
    const rows = await allRows(4);
    expect(rows.map(({ kind, type, version }) => [kind, type, version])).toEqual([
      ['event', 'Opened', 1],
      ['event', 'Closed', 2],
      ['reply', 'Answered', null],
      ['command', 'DoIt', null],
    ]);
    expect(rows[2]).toEqual({
      era: 1,
      xid: expect.stringMatching(/^\d+$/),
      position: expect.stringMatching(/^\d+$/),
      kind: 'reply',
      stream,
      version: null,
      tenantId: messages[0]!.tenantId,
      type: 'Answered',
      schemaId: 1,
      data: Buffer.from('{"type":"Answered","data":{}}'),
      metadata: messages[0]!.metadata,
      recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    });
  });

  it('goes on behind its cursor, which only moves forward', async () => {
    await database.store.append(requestOf(appendTo(aStream(), 0, ['A', 'B', 'C'])));
    const [first, second, third] = await allRows(3);
    expect(await reader.readAfter(first!, 1)).toEqual([second]);
    await reader.saveCursor(third!);
    await reader.saveCursor(first!);
    const { era, xid, position } = third!;
    expect(await reader.loadCursor()).toEqual({ era, xid, position });
    expect(await reader.readAfter(third!, 10)).toEqual([]);
    expect(await new PostgresRelayReader(database.pool, 'other').loadCursor()).toEqual({
      era: 0,
      xid: '0',
      position: '0',
    });
  });

  it('holds rows back while an older transaction is open, counts them, and names who is to blame', async () => {
    const { pool } = database.openStore({}, { applicationName: 'the-culprit' });
    const culprit = await pool.connect();
    await culprit.query('begin');
    await culprit.query('select pg_current_xact_id()');
    await database.store.append(requestOf(appendTo(aStream(), 0, ['A', 'B'])));
    const start = await reader.loadCursor();
    expect(await reader.readAfter(start, 10)).toEqual([]);
    expect(await reader.pending(start)).toEqual({ count: 2, oldestAgeMs: expect.any(Number) });
    const culpritAlone = [{ applicationName: 'the-culprit', state: 'idle in transaction' }];
    // Once older transactions of other tests have ended.
    await eventually(async () => expect(await reader.blockers()).toMatchObject(culpritAlone));
    await culprit.query('rollback');
    culprit.release();
    await allRows(2);
    expect(PENDING_COUNT_LIMIT).toBeGreaterThan(1000);
  });

  it('loses nothing where a cursor on the position alone does', async () => {
    const early = aStream();
    const late = aStream();
    let naive: readonly string[] = [];
    await database.store.transaction(async (tx) => {
      await tx.append([requestOf(appendTo(early))]);
      await database.store.append(requestOf(appendTo(late)));
      naive = await readNaively(database, 0);
      expect(await reader.readAfter(await reader.loadCursor(), 10)).toEqual([]);
    });
    expect(naive).toEqual([late]);
    const rows = await allRows(2);
    expect(rows.map(({ stream }) => stream)).toEqual([early, late]);
    expect(await readNaively(database, 2)).toEqual([]);
  });

  it('loses nothing and keeps order under writers that sleep, write early and roll back', async () => {
    const written = new Set<string>();
    let writing = true;
    const follower = follow(reader, () => writing);
    const control = followNaively(database, () => writing);
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(database, writer, written)));
    writing = false;
    const relayed = await follower;
    expect(new Set(relayed.map(nameOf))).toEqual(written);
    expect(relayed).toHaveLength(written.size);
    expect(firstSightingsInOrder(relayed)).toBe(true);
    expect((await control).size).toBeLessThan(written.size);
  });
});

async function write(database: StoreDatabase, writer: number, written: Set<string>): Promise<void> {
  const stream = aStream();
  let version = 0;
  for (let round = 0; round < TRANSACTIONS; round++) {
    const abort = (writer + round) % 7 === 0;
    const done = database.store.transaction(async (tx) => {
      if (round % 3 === 0) await tx.query('select pg_current_xact_id(), pg_sleep(random() * 0.003)');
      await tx.append([requestOf(appendTo(stream, version, ['A', 'B']))]);
      await tx.query('select pg_sleep(random() * 0.006)');
      if (abort) throw new Error('rolled back on purpose');
    });
    if (abort) {
      await expect(done).rejects.toThrow('rolled back on purpose');
      continue;
    }
    await done;
    version += 2;
    for (const added of [version - 1, version]) written.add(`${stream}@${added}`);
  }
}

async function follow(reader: PostgresRelayReader, writing: () => boolean): Promise<readonly RelayRow[]> {
  const seen: RelayRow[] = [];
  let cursor: RelayCursor = await reader.loadCursor();
  // Whatever transaction of another test is open now holds rows back, so "nothing to read" is not the end: nothing pending is.
  for (let last = false; ; last = !writing()) {
    const rows = await reader.readAfter(cursor, 50);
    seen.push(...rows);
    cursor = rows.at(-1) ?? cursor;
    if (last && rows.length === 0 && (await reader.pending(cursor)).count === 0) return seen;
  }
}

async function followNaively(database: StoreDatabase, writing: () => boolean): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  let position = '0';
  for (let last = false; ; last = !writing()) {
    const { rows } = await database.pool.query(
      'select position, stream, version from event_store.events where position > $1 order by position limit 50',
      [position],
    );
    for (const row of rows) seen.add(nameOf(row));
    position = rows.at(-1)?.position ?? position;
    if (last && rows.length === 0) return seen;
  }
}

async function readNaively(database: StoreDatabase, position: number): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ stream: string }>(
    'select stream from event_store.events where position > $1 order by position',
    [position],
  );
  return rows.map(({ stream }) => stream);
}

function firstSightingsInOrder(rows: readonly RelayRow[]): boolean {
  const versions = new Map<string, number>();
  return rows.every(({ stream, version }) => {
    const expected = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version!);
    return version === expected;
  });
}

function nameOf({ stream, version }: Pick<RelayRow, 'stream' | 'version'>): string {
  return `${stream}@${version}`;
}
