import { eventually } from '@codex/testing';
import type { PoolClient } from 'pg';
import { GenerationRegistry, rebuild, type Projection, type ProjectionHost } from '../src';
import { additions, countersProjection, createWorld, idNamed, type World } from './projection-world';

const WRITERS = 12;
const ROUNDS = 15;

describe('the counts of a projection', () => {
  let world: World;
  let counters: Projection;
  let host: ProjectionHost;

  beforeEach(async () => {
    world = await createWorld('row_counts');
    counters = countersProjection(world.topic, { counted: ['open', 'total'] });
    host = await world.host([counters]);
  });

  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('follow rows that come, change and go', async () => {
    await world.publish(additions(30, 10));
    await eventually(async () => expect(await counts()).toEqual(['false 3: 10']));
    const stream = `Counter-${idNamed('0')}`;
    await world.publish([
      { stream, type: 'Added', data: { by: 4, open: true } },
      { stream: `Counter-${idNamed('1')}`, type: 'Removed', data: {} },
    ]);
    await eventually(async () => expect(await counts()).toEqual(['false 3: 8', 'true 7: 1']));
    await world.publish([{ stream, type: 'Removed', data: {} }]);
    await eventually(async () => expect(await counts()).toEqual(['false 3: 8']));
  });

  it('are those of the generation that is read, and of the one before after a return', async () => {
    await world.publish(additions(30, 10));
    await eventually(async () => expect(await counts()).toEqual(['false 3: 10']));
    const parts = { pool: world.pool, registry: host.registry, feeder: host, signal: new AbortController().signal };
    expect(await rebuild(parts, counters)).toMatchObject({ swapped: true, generation: 2 });
    await world.publish(additions(1, 1));
    await eventually(async () => expect(await counts()).toEqual(['false 3: 9', 'false 4: 1']));
    await world.pool.query('delete from spec.counters_g2');
    expect(await counts()).toEqual([]);
    await eventually(async () => expect(await summed('spec.counters_g1')).toBe(31));
    await host.registry.returnToPrevious(counters);
    expect(await counts()).toEqual(['false 3: 9', 'false 4: 1']);
    expect(await host.registry.drop(counters, 2)).toBe(true);
    const { rows } = await world.pool.query(`select proname from pg_proc where proname like 'counters%'`);
    expect(rows).toEqual([{ proname: 'counters_g1_counts' }]);
  });

  it('begin with the rows that are there, when nothing was counted before', async () => {
    const uncounted = await createWorld('uncounted');
    try {
      const registry = new GenerationRegistry(uncounted.pool);
      await registry.ensureLive(countersProjection(uncounted.topic));
      await uncounted.pool.query(
        `insert into spec.counters_g1 (id, total, at, open, version)
         select gen_random_uuid(), n % 2, now(), false, 1 from generate_series(1, 5) n`,
      );
      await registry.ensureLive(counters);
      await registry.ensureLive(counters);
      await uncounted.pool.query('update spec.counters_g1 set open = true where total = 0');
      expect(await counts(uncounted)).toEqual(['false 1: 3', 'true 0: 2']);
    } finally {
      await uncounted[Symbol.asyncDispose]();
    }
  });

  it('are left out of a table of another definition, which may lack the columns', async () => {
    const older = countersProjection(world.topic, { name: 'uncounted' });
    await host.registry.ensureLive(older);
    const columns = { ...older.columns, owner: 'text' as const };
    await host.registry.ensureLive({ ...older, version: 2, columns, counted: ['owner'] } as Projection);
    const { rows } = await world.pool.query(`select to_regclass('spec.uncounted_g1_counts') as counts`);
    expect(rows).toEqual([{ counts: null }]);
  });

  it('are right when many write the same groups in any order, and nobody waits for ever', async () => {
    const clients = await Promise.all(Array.from({ length: WRITERS }, () => world.pool.connect()));
    try {
      await Promise.all(clients.map((client, writer) => change(client, writer)));
    } finally {
      for (const client of clients) client.release();
    }
    const { rows } = await world.pool.query(
      `select format('%s %s: %s', case when open then 'true' else 'false' end, total, count(*)) as line
       from spec.counters group by open, total order by open, total`,
    );
    expect(await counts()).toEqual(rows.map(({ line }) => line));
    expect(await summed('spec.counters')).toBeGreaterThan(0);
  });

  /** One transaction a round: some rows come, some change their group, in an order of this writer's own. */
  async function change(client: PoolClient, writer: number): Promise<void> {
    const mine = (n: number): string => idNamed(`${writer}-${n}`);
    const insert = (n: number) =>
      client.query(
        'insert into spec.counters_g1 (id, total, at, open, version) values ($1, $2, now(), $3, 1) on conflict do nothing',
        [mine(n), n % 4, writer % 2 === 0],
      );
    const move = (n: number) =>
      client.query('update spec.counters_g1 set total = (total + 1) % 4, open = not open where id = $1', [mine(n)]);
    for (let round = 0; round < ROUNDS; round++) {
      await client.query('begin');
      const steps = [() => insert(round), () => move(round - 1), () => move(round - 2)];
      for (const step of writer % 3 === 0 ? steps.toReversed() : steps) await step();
      await client.query('commit');
    }
  }

  async function counts({ pool } = world): Promise<readonly string[]> {
    const { rows } = await pool.query('select open, total, count from spec.counters_counts order by open, total');
    return rows.map(({ open, total, count }) => `${open} ${total}: ${count}`);
  }

  async function summed(table: string): Promise<number> {
    return (await world.pool.query(`select coalesce(sum(total), 0)::int as n from ${table}`)).rows[0].n;
  }
});
