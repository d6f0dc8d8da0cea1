import { randomUUID } from 'node:crypto';

import { createPool, runMigrations } from '@codex/postgres';
import { createTestDatabase, type TestDatabase } from '@codex/testing';
import type { Pool } from 'pg';

import { inboxChores } from './inbox-chores';
import { inboxMigrations } from './inbox.migrations';

const DAY_MS = 86_400_000;

describe('the retention of an inbox', () => {
  let database: TestDatabase;
  let pool: Pool;
  beforeAll(async () => {
    database = await createTestDatabase('inbox_chores');
    await runMigrations(database.url, 'inbox.migrations', inboxMigrations);
    pool = createPool({ connectionString: database.url, applicationName: 'inbox-chores-test' });
  });
  afterAll(async () => {
    await pool.end();
    await database.dispose();
  });

  async function letter(status: string, ageDays: number): Promise<string> {
    const id = randomUUID();
    await pool.query(
      `insert into inbox.dead_letters (id, consumer_group, topic, partition, "offset", stream, code, reason, failure_group,
         status, count, first_at, last_at, headers)
       values ($1, 'g', 't', 0, (random() * 1e9)::bigint, $4, 'C', 'r', 'C', $2, 1, now(), now() - $3 * interval '1 day', '{}')`,
      [id, status, ageDays, `Sample-${id}`],
    );
    return id;
  }

  it('removes old redriven letters, and nothing that is open, recent, or the trace of what was given up', async () => {
    const [old, recent, parked, discarded, stillParks] = await Promise.all([
      letter('redriven', 31),
      letter('redriven', 29),
      letter('parked', 400),
      letter('discarded', 400),
      letter('redriven', 400),
    ]);
    await pool.query(
      `insert into inbox.parked_streams (consumer_group, topic, stream, dead_letter_id) values ('g', 't', 's', $1)`,
      [stillParks],
    );
    const [chore] = inboxChores({ redrivenMs: 30 * DAY_MS });
    expect(await chore!.run(pool, 10)).toBe(1);
    expect(await chore!.run(pool, 10)).toBe(0);
    const { rows } = await pool.query<{ id: string }>('select id from inbox.dead_letters');
    expect(new Set(rows.map(({ id }) => id))).toEqual(new Set([recent, parked, discarded, stillParks]));
    expect(rows.map(({ id }) => id)).not.toContain(old);
  });
});
