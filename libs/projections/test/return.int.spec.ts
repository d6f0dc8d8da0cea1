import { eventually } from '@codex/testing';
import { ConsistencyWaiter, GenerationRegistry, rebuild, type Projection, type ProjectionHost } from '../src';
import { additions, countersProjection, createWorld, idNamed, type World } from './projection-world';

describe('the return to the previous generation', () => {
  let world: World;
  let counters: Projection;
  let host: ProjectionHost;

  beforeEach(async () => {
    world = await createWorld('return');
    counters = countersProjection(world.topic);
    host = await world.host([counters]);
  });

  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('is a matter of the moment, loses nothing, and goes both ways', async () => {
    await world.publish(additions(500, 5));
    await summed('spec.counters', 500);
    await rebuilt();
    await world.publish(additions(100, 5));
    await Promise.all(['spec.counters_g1', 'spec.counters_g2'].map((table) => summed(table, 600)));
    expect(await host.registry.returnToPrevious(counters)).toMatchObject({ generation: 1, state: 'live' });
    expect(await states()).toEqual(['1 live', '2 previous']);
    await world.pool.query('update spec.counters_g1 set last = $1', ['first']);
    expect(await lastOf('spec.counters')).toEqual(['first']);
    const awaited = { stream: `Counter-${idNamed('0')}`, version: 120 };
    expect(await new ConsistencyWaiter(world.pool).waitFor(awaited, ['counters'], 5_000)).toBe(true);
    await world.publish(additions(50, 5));
    await summed('spec.counters', 650);
    await summed('spec.counters_g2', 650);
    await host.registry.returnToPrevious(counters);
    expect(await states()).toEqual(['1 previous', '2 live']);
    await summed('spec.counters', 650);
  });

  it('is refused without one, during a rebuild, to another definition, and to one that is far behind', async () => {
    const returning = () => host.registry.returnToPrevious(counters);
    await expect(returning()).rejects.toMatchObject({ code: 'NO_PREVIOUS_GENERATION' });
    await world.publish(additions(10, 2));
    await summed('spec.counters', 10);
    await rebuilt();
    const newer = { ...counters, version: 2 } as Projection;
    await expect(host.registry.returnToPrevious(newer)).rejects.toMatchObject({ code: 'NO_PREVIOUS_GENERATION' });
    const { rows } = await world.pool.query(
      `update inbox.offsets set next_offset = next_offset + 5000
        where consumer_group = 'projector.counters.g2' and partition = 0 returning 1`,
    );
    expect(rows).toHaveLength(1);
    await expect(returning()).rejects.toMatchObject({ code: 'GENERATION_BEHIND', missing: expect.any(Number) });
    await host.registry.open(counters);
    await expect(returning()).rejects.toMatchObject({ code: 'REBUILD_RUNNING' });
    expect(await states()).toEqual(['1 previous', '2 live', '3 building']);
  });

  async function rebuilt(): Promise<void> {
    const parts = { pool: world.pool, registry: host.registry, feeder: host, signal: new AbortController().signal };
    expect(await rebuild(parts, counters)).toMatchObject({ swapped: true });
  }

  async function summed(table: string, total: number): Promise<void> {
    await eventually(async () => {
      const { rows } = await world.pool.query(`select coalesce(sum(total), 0)::int as n from ${table}`);
      expect(rows[0].n).toBe(total);
    });
  }

  async function lastOf(table: string): Promise<string[]> {
    return (await world.pool.query(`select distinct last from ${table}`)).rows.map(({ last }) => last as string);
  }

  async function states(): Promise<string[]> {
    return (await new GenerationRegistry(world.pool).all()).map(({ generation, state }) => `${generation} ${state}`);
  }
});
