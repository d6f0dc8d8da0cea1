import { eventually } from '@codex/testing';
import { GenerationRegistry, rebuild, type ProjectionHost, type Projection, type RebuildOutcome } from '../src';
import { additions, countersProjection, createWorld, idNamed, logProjection, type World } from './projection-world';

describe('a rebuild', () => {
  let world: World;
  let counters: Projection;
  let log: Projection;
  let host: ProjectionHost;

  beforeEach(async () => {
    world = await createWorld('rebuild');
    counters = countersProjection(world.topic);
    log = logProjection(world.topic);
    host = await world.host([counters, log]);
  });

  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('beside live writes ends equal and is swapped in, and live writes go on', async () => {
    await world.publish(additions(5_000, 50));
    await counted(5_000);
    let published = 5_000;
    const writing = { on: true };
    const writer = (async () => {
      while (writing.on) {
        await world.publish(additions(20, 50));
        published += 20;
      }
    })();
    const outcomes = [await rebuilt(counters), await rebuilt(log)];
    writing.on = false;
    await writer;
    expect(outcomes).toMatchObject([
      { generation: 2, swapped: true, report: { equal: true, parked: [], differences: [] } },
      { generation: 2, swapped: true, report: { equal: true, parked: [], differences: [] } },
    ]);
    await counted(published);
    await eventually(async () => expect(await rowsOf('spec.log_g1')).toBe(published));
    await eventually(async () => expect(await rowsOf('spec.log')).toBe(published));
    expect(await states('counters')).toEqual(['1 previous', '2 live']);
  });

  it('finds a corrupted row, says which, and leaves the live generation in place', async () => {
    await world.publish(additions(100, 10));
    await counted(100);
    await world.pool.query('update spec.counters_g1 set total = total + 1 where id = $1', [idNamed('3')]);
    await world.pool.query('delete from spec.counters_g1 where id = $1', [idNamed('4')]);
    const outcome = await rebuilt(counters);
    const differences = [idNamed('3'), idNamed('4')].toSorted();
    expect(outcome).toMatchObject({ swapped: false, report: { equal: false, differences } });
    expect(outcome.report.live.rows).toBe(9);
    expect(await states('counters')).toEqual(['1 live', '2 rejected']);
    const { rows } = await world.pool.query('select phase, done = total as whole from projections.rebuilds');
    expect(rows).toEqual([{ phase: 'unequal', whole: true }]);
    await world.publish(additions(10, 10));
    await eventually(async () => expect(await sumOf('spec.counters')).toBe(101));
    const again = await rebuilt(counters);
    expect(again).toMatchObject({ generation: 3, swapped: false });
    expect(await states('counters')).toEqual(['1 live', '3 rejected']);
  });

  it('swaps in a new definition although it differs, and reports the difference', async () => {
    await world.publish(additions(30, 3));
    await counted(30);
    await host.stop();
    const doubled = countersProjection(world.topic, {
      version: 2,
      evolve: (row: Record<string, unknown> | null, event: never) => {
        const next = counters.kind === 'fold' ? counters.evolve(row, event) : null;
        return next === null ? null : { ...next, last: 'v2' };
      },
    } as Partial<Projection>);
    host = await world.host([doubled, log]);
    const outcome = await rebuilt(doubled);
    expect(outcome).toMatchObject({ swapped: true, report: { equal: false } });
    expect(outcome.report.differences).toHaveLength(3);
    const { rows } = await world.pool.query('select distinct last from spec.counters');
    expect(rows).toEqual([{ last: 'v2' }]);
  });

  it('leaves parked streams out of the comparison and lists them', async () => {
    const bad = `Counter-${idNamed('0')}`;
    await world.publish([...additions(20, 2), { stream: bad, type: 'Exploded', data: {} }]);
    await eventually(async () => expect(await rowsOf('inbox.parked_streams')).toBe(1));
    await world.pool.query('update spec.counters_g1 set total = 0 where id = $1', [idNamed('0')]);
    const outcome = await rebuilt(counters);
    expect(outcome).toMatchObject({ swapped: true, report: { equal: true, parked: [bad] } });
    expect(outcome.report.live.rows).toBe(1);
  });

  it('that was interrupted goes on where it was', async () => {
    await world.publish(additions(2_500, 20));
    await counted(2_500);
    const interrupted = new AbortController();
    const parts = { pool: world.pool, registry: host.registry, feeder: host, signal: interrupted.signal };
    const { generation } = await host.registry.open(counters);
    await host.registry.fence('counters', [generation]);
    interrupted.abort();
    await rebuild({ ...parts, feeder: { ...stalled(host) } }, counters).catch(() => undefined);
    await host.stop();
    host = await world.host([counters, log]);
    await eventually(async () => expect(await rowsOf('spec.counters_g2')).toBe(20));
    const before = await processed(generation);
    const outcome = await rebuilt(counters);
    expect(outcome).toMatchObject({ generation, swapped: true, report: { equal: true } });
    expect(before).toBeGreaterThan(0);
  });

  it('keeps one previous generation and removes what older ones left', async () => {
    await world.publish(additions(20, 2));
    await counted(20);
    await rebuilt(counters);
    await rebuilt(counters);
    expect(await states('counters')).toEqual(['2 previous', '3 live']);
    await expect(rowsOf('spec.counters_g1')).rejects.toThrow('does not exist');
    const { rows } = await world.pool.query(
      `select consumer_group from inbox.offsets union select consumer_group from inbox.guards order by 1`,
    );
    const groups = rows.map((row) => row.consumer_group as string);
    expect(groups).toEqual(['projector.counters.g2', 'projector.counters.g3', 'projector.log.g1']);
  });

  it('can not be fed once fenced, whoever tries', async () => {
    await world.publish(additions(10, 2));
    await counted(10);
    const other = await world.host([counters, log]);
    await host.registry.fence('counters', [1]);
    await world.publish(additions(10, 2));
    await eventually(async () => expect(await rowsOf('spec.log')).toBe(20));
    expect(await sumOf('spec.counters')).toBe(10);
    await host.registry.unfence('counters');
    await counted(20);
    await other.stop();
  });

  it('is refused while the projection is paused, and a pause while it is rebuilt', async () => {
    await host.registry.pause(counters);
    await expect(host.registry.open(counters)).rejects.toMatchObject({ code: 'PROJECTION_PAUSED' });
    await world.publish(additions(10, 2));
    await eventually(async () => expect(await rowsOf('spec.log')).toBe(10));
    expect(await sumOf('spec.counters')).toBe(0);
    await host.registry.resume(counters);
    await counted(10);
    await host.registry.open(counters);
    await expect(host.registry.pause(counters)).rejects.toMatchObject({ code: 'REBUILD_RUNNING' });
    await expect(host.registry.drop(counters, 1)).rejects.toMatchObject({ code: 'GENERATION_IS_LIVE' });
    expect(await host.registry.drop(counters, 2)).toBe(true);
    expect(await host.registry.drop(counters, 2)).toBe(false);
  });

  async function rebuilt(projection: Projection): Promise<RebuildOutcome> {
    const parts = { pool: world.pool, registry: host.registry, feeder: host, signal: new AbortController().signal };
    return rebuild(parts, projection);
  }

  async function counted(total: number): Promise<void> {
    await eventually(async () => expect(await sumOf('spec.counters')).toBe(total));
  }

  async function sumOf(table: string): Promise<number> {
    return (await world.pool.query(`select coalesce(sum(total), 0)::int as n from ${table}`)).rows[0].n as number;
  }

  async function rowsOf(table: string): Promise<number> {
    return (await world.pool.query(`select count(*)::int as n from ${table}`)).rows[0].n as number;
  }

  async function processed(generation: number): Promise<number> {
    const { rows } = await world.pool.query(
      'select coalesce(sum(next_offset), 0)::int as n from inbox.offsets where consumer_group = $1',
      [`projector.counters.g${generation}`],
    );
    return rows[0].n as number;
  }

  async function states(projection: string): Promise<string[]> {
    const all = await new GenerationRegistry(world.pool).all();
    return all.filter((one) => one.projection === projection).map(({ generation, state }) => `${generation} ${state}`);
  }
});

function stalled(host: ProjectionHost) {
  return {
    reconcile: () => host.reconcile(),
    logOf: (...of: Parameters<ProjectionHost['logOf']>) => host.logOf(...of),
    catchUp: () => Promise.reject(new Error('interrupted')),
  };
}
