import { kafkajsDriver } from '@codex/kafka-messaging';
import { eventually, serverAddresses } from '@codex/testing';
import { GenerationRegistry, rebuild, type Projection, type ProjectionHost, type RebuildOutcome } from '../src';
import { additions, countersProjection, createWorld, type World } from './projection-world';

describe('a read model whose log was replaced', () => {
  let world: World;
  let counters: Projection;
  let host: ProjectionHost;

  beforeEach(async () => {
    world = await createWorld('log_replaced');
    counters = countersProjection(world.topic);
    host = await world.host([counters]);
    await world.publish(additions(60, 6));
    await summed(60);
    await host.stop();
  });

  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  it.each([
    ['by a shorter one', 20],
    ['by a longer one', 90],
  ])('%s goes on with it after a rebuild, and is not fed from it before', async (_, length) => {
    await recreateTopic();
    world.forget();
    await world.publish(additions(length, 6));
    host = await world.host([counters]);
    await eventually(() => expect(stateOf(1)).toBe('log-replaced'));
    expect(host.health().get('projector.counters.g1')).toMatchObject({ healthy: false });
    await summed(60);
    const outcome = await rebuilt();
    expect(outcome).toMatchObject({ generation: 2, swapped: true, report: { equal: false, logReplaced: true } });
    expect(outcome.report.differences).toHaveLength(6);
    await summed(length);
    // Nothing can feed the old one any more: it is kept to be looked at, and nobody is alarmed by it.
    expect(await states()).toEqual(['1 rejected', '2 live']);
    await eventually(() => expect([...host.health().keys()]).toEqual(['projector.counters.g2']));
    await world.publish(additions(6, 6));
    await summed(length + 6);
  });

  it('that ends below what was processed is rebuilt from what is left', async () => {
    await world.pool.query('update inbox.offsets set next_offset = next_offset + 1000');
    host = await world.host([counters]);
    await eventually(() => expect(stateOf(1)).toBe('log-behind'));
    expect(await rebuilt()).toMatchObject({ swapped: true, report: { equal: true, logReplaced: true } });
    await summed(60);
  });

  it('does not go on filling what an interrupted rebuild filled from the old one', async () => {
    host = await world.host([counters]);
    await host.registry.open(counters);
    await host.reconcile();
    await eventually(async () => expect(await rowsOf('spec.counters_g2')).toBe(6));
    await host.stop();
    await recreateTopic();
    world.forget();
    await world.publish(additions(20, 6));
    host = await world.host([counters]);
    expect(await rebuilt()).toMatchObject({ generation: 3, swapped: true });
    await summed(20);
  });

  function stateOf(generation: number): string | undefined {
    return host.health().get(`projector.counters.g${generation}`)?.state;
  }

  async function rebuilt(): Promise<RebuildOutcome> {
    const parts = { pool: world.pool, registry: host.registry, feeder: host, signal: new AbortController().signal };
    return rebuild(parts, counters);
  }

  async function summed(total: number): Promise<void> {
    await eventually(async () => {
      const { rows } = await world.pool.query('select coalesce(sum(total), 0)::int as n from spec.counters');
      expect(rows[0].n).toBe(total);
    });
  }

  async function rowsOf(table: string): Promise<number> {
    return (await world.pool.query(`select count(*)::int as n from ${table}`)).rows[0].n as number;
  }

  async function states(): Promise<string[]> {
    return (await new GenerationRegistry(world.pool).all()).map(({ generation, state }) => `${generation} ${state}`);
  }

  async function recreateTopic(): Promise<void> {
    const { kafkaBrokers } = serverAddresses();
    const admin = kafkajsDriver({ brokers: kafkaBrokers, clientId: 'log-replaced', tls: false }).admin();
    await admin.deleteTopics([world.topic]);
    await eventually(async () => expect((await admin.describe([world.topic])).topics).toEqual([]), {
      timeoutMs: 30_000,
    });
    await admin.ensureTopics([{ name: world.topic, partitions: 3 }]);
    await admin.close();
  }
});
