import { createTestDatabase, type TestDatabase } from '@codex/testing';
import type { Pool, PoolClient } from 'pg';
import { copyIn } from './copy-in';
import { createPool } from './pool';

describe('a copy into a table', () => {
  let database: TestDatabase;
  let pool: Pool;
  let client: PoolClient;

  beforeAll(async () => {
    database = await createTestDatabase('copy_in');
    pool = createPool({ connectionString: database.url, applicationName: 'copy-in-spec' });
    client = await pool.connect();
    await client.query('create table t (id int primary key, text text)');
  });

  afterAll(async () => {
    client.release();
    await pool.end();
    await database.dispose();
  });

  it('stores all rows, and says how many', async () => {
    const data = Array.from({ length: 5_000 }, (_, id) => `${id}\tZoë ${id}\n`).join('');
    expect(await copyIn(client, 'copy t from stdin', data)).toBe(5_000);
    expect((await client.query('select text from t where id = 4999')).rows).toEqual([{ text: 'Zoë 4999' }]);
    expect(await copyIn(client, 'copy t from stdin', '')).toBe(0);
  });

  it.each(['1\ttwice\n', 'no number\tx\n', '7000\n'])(
    'stores nothing of %j and leaves the connection usable',
    async (row) => {
      await client.query('begin');
      await expect(copyIn(client, 'copy t from stdin', `8000\tfine\n${row}`)).rejects.toThrow();
      await client.query('rollback');
      expect((await client.query('select count(*)::int as n from t')).rows).toEqual([{ n: 5_000 }]);
    },
  );

  it('is refused like any statement', async () => {
    await expect(copyIn(client, 'copy nothing from stdin', '')).rejects.toThrow('does not exist');
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});
