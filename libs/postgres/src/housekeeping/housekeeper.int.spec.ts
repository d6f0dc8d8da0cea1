import { createTestDatabase, eventually, type TestDatabase } from '@codex/testing';
import type { Pool } from 'pg';
import { createPool } from '../pool';
import { inTransaction } from '../transaction';
import type { Chore } from './chore';
import { Housekeeper } from './housekeeper';

/** The lock that replicas meet at; see `HOUSEKEEPING_LOCK`. */
const LOCK = 7_318_221_047;

describe('the housekeeper', () => {
  let database: TestDatabase;
  let pool: Pool;
  beforeAll(async () => {
    database = await createTestDatabase('housekeeping');
    pool = createPool({ connectionString: database.url, applicationName: 'housekeeping-test' });
    await pool.query('create table dust (id int primary key)');
  });
  afterAll(async () => {
    await pool.end();
    await database.dispose();
  });
  beforeEach(async () => {
    await pool.query('truncate dust');
    await pool.query('insert into dust select generate_series(1, 2000)');
  });

  const left = async (): Promise<number> =>
    Number((await pool.query<{ n: string }>('select count(*) as n from dust')).rows[0]!.n);

  const sweep: Chore = {
    name: 'sweep',
    run: async (tx, limit) => {
      const oldest = 'select id from dust order by id limit $1';
      return (await tx.query(`delete from dust where id in (${oldest})`, [limit])).rowCount ?? 0;
    },
  };
  const broken: Chore = { name: 'broken', run: () => Promise.reject(new Error('the broom is broken')) };

  function housekeeper(chores: readonly Chore[], options: { intervalMs?: number; beatMs?: number } = {}) {
    const removed: [string, number][] = [];
    const failed: string[] = [];
    const reports = {
      removed: (chore: string, rows: number) => void removed.push([chore, rows]),
      failed: (chore: string, error: unknown) => void failed.push(`${chore}: ${(error as Error).message}`),
    };
    return { removed, failed, keeper: new Housekeeper({ pool, chores, reports, intervalMs: 60_000, ...options }) };
  }

  it('removes chunk by chunk until nothing is left, and tells what it removed', async () => {
    const { keeper, removed } = housekeeper([sweep]);
    await keeper.runBeat();
    expect(await left()).toBe(0);
    expect(removed.length).toBeGreaterThan(1);
    expect(removed.reduce((sum, [, rows]) => sum + rows, 0)).toBe(2_000);
  });

  it('goes on with the other chores when one fails', async () => {
    const { keeper, failed } = housekeeper([broken, sweep]);
    await keeper.runBeat();
    expect([await left(), failed]).toEqual([0, ['broken: the broom is broken']]);
  });

  it('leaves the work to another replica that is at it', async () => {
    const { keeper, removed } = housekeeper([sweep]);
    await inTransaction(pool, async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
      await keeper.runBeat();
    });
    expect([await left(), removed]).toEqual([2_000, []]);
    await keeper.runBeat();
    expect(await left()).toBe(0);
  });

  it('removes every row once, however many replicas there are', async () => {
    const keepers = [housekeeper([sweep]), housekeeper([sweep]), housekeeper([sweep])];
    await eventually(async () => {
      await Promise.all(keepers.map(({ keeper }) => keeper.runBeat()));
      return (await left()) === 0;
    });
    const removed = keepers.flatMap((each) => each.removed);
    expect(removed.reduce((sum, [, rows]) => sum + rows, 0)).toBe(2_000);
  });

  it('ends a beat when its time is up', async () => {
    const { keeper } = housekeeper([sweep], { beatMs: 0 });
    await keeper.runBeat();
    expect(await left()).toBe(2_000);
  });

  it('beats by itself from start to stop', async () => {
    const { keeper } = housekeeper([sweep], { intervalMs: 20 });
    keeper.start();
    await eventually(async () => (await left()) === 0);
    await pool.query('insert into dust values (1)');
    await eventually(async () => (await left()) === 0);
    await keeper.stop();
    await pool.query('insert into dust values (1)');
    await keeper.runBeat();
    expect(await left()).toBe(1);
  });
});
