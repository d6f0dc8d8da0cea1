import { Unavailable } from '@codex/event-sourcing';
import { createTestDatabase, eventually, type TestDatabase } from '@codex/testing';
import type { Pool } from 'pg';
import type { QueryRunner } from 'typeorm';

import { binaryArray, createPool, inTransaction, runMigrations, type DatabaseConfig, type Migration } from '.';

let database: TestDatabase;
let pools: Pool[];

beforeAll(async () => {
  database = await createTestDatabase('postgres');
});
afterAll(() => database.dispose());
beforeEach(() => {
  pools = [];
});
afterEach(() => Promise.all(pools.map((pool) => pool.end())));

function open(config: Partial<DatabaseConfig> = {}): Pool {
  const pool = createPool({ connectionString: database.url, applicationName: 'postgres-test', ...config });
  pools.push(pool);
  return pool;
}

describe('a pool', () => {
  it('commits durably, and bounds statements, transactions and idleness', async () => {
    const settings = ['application_name', 'synchronous_commit', 'statement_timeout', 'transaction_timeout'];
    const { rows } = await open().query('select current_setting(name) as value from unnest($1::text[]) as name', [
      [...settings, 'idle_in_transaction_session_timeout'],
    ]);
    expect(rows.map(({ value }) => value)).toEqual(['postgres-test', 'on', '5s', '5s', '2s']);
  });

  it('gives bigint as text', async () => {
    expect((await open().query('select 9007199254740993::int8 as big')).rows).toEqual([{ big: '9007199254740993' }]);
  });

  it('outlives the loss of its connections, also of one in use', async () => {
    const pool = open({ applicationName: 'to-be-killed' });
    const working = expect(inTransaction(pool, (tx) => tx.query('select pg_sleep(5)'))).rejects.toThrow(Unavailable);
    const killer = open();
    const kill = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'to-be-killed' and state = 'active'`;
    await eventually(async () => (await killer.query(kill)).rowCount === 1);
    await working;
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('a transaction', () => {
  let pool: Pool;

  beforeEach(async () => {
    pool = open();
    await pool.query('drop table if exists notes; create table notes (id int primary key, text text)');
  });

  const texts = async () => (await pool.query('select text from notes order by id')).rows.map(({ text }) => text);

  it('commits, or rolls back and throws what was thrown', async () => {
    await inTransaction(pool, (tx) => tx.query(`insert into notes values (1, 'kept')`));
    const failing = inTransaction(pool, async (tx) => {
      await tx.query(`insert into notes values (2, 'dropped')`);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await texts()).toEqual(['kept']);
  });

  it('does not pretend to have committed after a failed statement that was caught', async () => {
    const failing = inTransaction(pool, async (tx) => {
      await tx.query(`insert into notes values (1, 'dropped')`);
      await tx.query('select 1 / 0').catch(() => undefined);
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await texts()).toEqual([]);
  });

  it('is tried again after a deadlock', async () => {
    await pool.query(`insert into notes values (1, ''), (2, '')`);
    let [runs, met] = [0, 0];
    const bothMet = Promise.withResolvers<void>();
    const oneIsDone = Promise.withResolvers<void>();
    const meet = () => (++met === 2 ? bothMet.resolve() : bothMet.promise);
    const update = async (first: number, second: number): Promise<void> => {
      await inTransaction(pool, async (tx) => {
        const run = ++runs;
        // Before the survivor wakes up the victim could take its row from it, and there would be a second deadlock.
        if (run > 2) await oneIsDone.promise;
        await tx.query(`update notes set text = text || 'x' where id = $1`, [first]);
        if (run <= 2) await meet();
        await tx.query(`update notes set text = text || 'x' where id = $1`, [second]);
      });
      oneIsDone.resolve();
    };
    await Promise.all([update(1, 2), update(2, 1)]);
    expect([runs, await texts()]).toEqual([3, ['xx', 'xx']]);
  });

  it('ends, as unavailable, when it takes too long', async () => {
    const impatient = open({ transactionTimeoutMs: 100 });
    const slow = inTransaction(impatient, (tx) => tx.query('select pg_sleep(5)'));
    await expect(slow).rejects.toThrow(Unavailable);
  });
});

describe('migrations', () => {
  const migration = (name: string, sql: string): Migration =>
    class {
      name = name;

      async up(runner: QueryRunner): Promise<void> {
        await runner.query(sql);
      }

      async down(): Promise<void> {}
    };
  const first = migration(
    'First1700000000001',
    'create table made.things (id int); insert into made.things values (1)',
  );
  const second = migration('Second1700000000002', 'insert into made.things values (2)');
  const broken = migration('Broken1700000000003', 'insert into made.things values (3); select 1 / 0');

  it('run once each, however many processes start at once, and a failed one leaves nothing of itself', async () => {
    const start = () => runMigrations(database.url, 'made.migrations', [second, first]);
    const ran = await Promise.all([start(), start(), start()]);
    expect(ran.flat()).toEqual(['First1700000000001', 'Second1700000000002']);
    expect(await runMigrations(open(), 'made.migrations', [first, second])).toEqual([]);
    await expect(runMigrations(database.url, 'made.migrations', [first, second, broken])).rejects.toThrow(
      'division by zero',
    );
    expect((await open().query('select id from made.things order by id')).rows).toEqual([{ id: 1 }, { id: 2 }]);
  });
});

describe('binary array parameters', () => {
  it('arrive as they were given', async () => {
    const texts = ['', 'ä "quoted" \\ {,} NULL', null, '\u{1F600}'];
    const bytes = [Buffer.from([0, 255, 92]), Buffer.alloc(0), null];
    const documents = ['{"b":1,"a":[null,"ü"]}', 'null', null];
    const { rows } = await open().query(
      'select $1::int[] as ints, $2::text[] as texts, $3::bytea[] as bytes, $4::json[]::text[] as json, $5::jsonb[]::text[] as jsonb, $6::text[] as none',
      [
        binaryArray.int([1, null, -2147483648]),
        binaryArray.text(texts),
        binaryArray.bytea(bytes),
        binaryArray.json(documents),
        binaryArray.jsonb(documents),
        binaryArray.text([]),
      ],
    );
    expect(rows).toEqual([
      {
        ints: [1, null, -2147483648],
        texts,
        bytes,
        json: documents,
        jsonb: ['{"a": [null, "ü"], "b": 1}', 'null', null],
        none: [],
      },
    ]);
  });
});
