import { createPool, runMigrations, type Migration } from '@codex/postgres';
import { createTestDatabase, type TestDatabase } from '@codex/testing';
import type { Pool } from 'pg';

import { inboxMigrations } from './inbox.migrations';

describe('what an inbox holds when its tables change', () => {
  let database: TestDatabase;
  let pool: Pool;

  beforeEach(async () => {
    database = await createTestDatabase('inbox');
    pool = createPool({ connectionString: database.url, applicationName: 'migrations-spec' });
  });
  afterEach(async () => {
    await pool.end();
    await database.dispose();
  });

  it('keeps the era of a topic with one source, and learns those of the topic of the system anew', async () => {
    await migrateUpTo('InboxOperations');
    await pool.query(`insert into inbox.offsets (consumer_group, topic, partition, next_offset, epoch, owner, source_era)
      values ('g', 'one.events.v1', 0, 9, 1, 'me', 3), ('g', 'one.events.v1', 1, 9, 1, 'me', 0),
             ('g', 'system.events.v1', 0, 9, 1, 'me', 2)`);
    await migrateUpTo('ErasBySource');
    const { rows } = await pool.query(
      'select topic, partition, next_offset, source_eras from inbox.offsets order by 1, 2',
    );
    expect(rows).toEqual([
      { topic: 'one.events.v1', partition: 0, next_offset: '9', source_eras: { '': 3 } },
      { topic: 'one.events.v1', partition: 1, next_offset: '9', source_eras: {} },
      { topic: 'system.events.v1', partition: 0, next_offset: '9', source_eras: {} },
    ]);
  });

  it('takes what was parked for records of the first log', async () => {
    await migrateUpTo('ErasBySource');
    const letter = `'g', 't', 0, 5, 'S', 'C', 'r', 'f', 'parked', 1, now(), now(), '{}'`;
    const columns = `consumer_group, topic, partition, "offset", stream, code, reason, failure_group, status, count,
      first_at, last_at, headers`;
    await pool.query(`insert into inbox.dead_letters (id, ${columns}) values (gen_random_uuid(), ${letter})`);
    await pool.query(`insert into inbox.parked (consumer_group, topic, stream, partition, "offset", headers)
      values ('g', 't', 'S', 0, 6, '{}')`);
    await migrateUpTo('LogIncarnation');
    expect(
      (await pool.query('select log from inbox.dead_letters union all select log from inbox.parked')).rows,
    ).toEqual([{ log: 0 }, { log: 0 }]);
    await pool.query(`insert into inbox.dead_letters (id, ${columns}, log) values (gen_random_uuid(), ${letter}, 1)`);
    await expect(
      pool.query(`insert into inbox.dead_letters (id, ${columns}, log) values (gen_random_uuid(), ${letter}, 1)`),
    ).rejects.toThrow('duplicate key');
  });

  async function migrateUpTo(name: string): Promise<void> {
    const last = inboxMigrations.findIndex((each: Migration) => each.name.startsWith(name));
    await runMigrations(database.url, 'inbox_meta.migrations', inboxMigrations.slice(0, last + 1));
  }
});
