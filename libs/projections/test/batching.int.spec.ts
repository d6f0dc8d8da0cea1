import type { ConsumedMessage } from '@codex/kafka-messaging';
import fc from 'fast-check';
import { projectionHandler, type Projection, type ProjectionHandler } from '../src';
import { createTable } from '../src/table-layout';
import { countersProjection, createWorld, idNamed, logProjection, type World } from './projection-world';

type Step = { readonly counter: number; readonly type: string; readonly by: number };

const steps = fc.array(
  fc.record({
    counter: fc.integer({ min: 0, max: 3 }),
    type: fc.constantFrom('Added', 'Added', 'Added', 'Removed', 'Ignored'),
    by: fc.integer({ min: -5, max: 5 }),
  }),
  { minLength: 1, maxLength: 40 },
);
const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 40 });

describe('the rows of a projection', () => {
  let world: World;

  beforeAll(async () => {
    world = await createWorld('batching', 1);
    await world.pool.query('create schema spec');
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  it.each(['counters', 'log'])('of %s are the same however its events are cut into batches', async (name) => {
    const projection = name === 'log' ? logProjection(world.topic) : countersProjection(world.topic);
    let generation = 1;
    await fc.assert(
      fc.asyncProperty(steps, cuts, async (given, sizes) => {
        const messages = messagesOf(given);
        const whole = await rowsAfter(projection, generation++, [messages]);
        const cut = await rowsAfter(projection, generation++, slices(messages, sizes));
        const remembered = await rowsAfter(projection, generation++, slices(messages, sizes), {
          commits: (turn) => turn % 3 !== 0,
        });
        expect({ cut, remembered }).toEqual({ cut: whole, remembered: whole });
      }),
      { numRuns: 25 },
    );
  });

  async function rolledBack(handle: ProjectionHandler, batch: readonly ConsumedMessage[]): Promise<void> {
    const client = await world.pool.connect();
    await client.query('begin');
    await handle(batch, client);
    await client.query('rollback');
    client.release();
  }

  async function rowsAfter(
    projection: Projection,
    generation: number,
    batches: readonly (readonly ConsumedMessage[])[],
    { commits = () => false }: { readonly commits?: (turn: number) => boolean } = {},
  ): Promise<unknown[]> {
    for (const statement of createTable(projection, generation)) await world.pool.query(statement);
    const handle = projectionHandler(projection, generation, { cachedRows: 2 });
    for (const [turn, batch] of batches.entries()) {
      if (!commits(turn)) await rolledBack(handle, batch);
      const committed = await handle(batch, world.pool);
      if (commits(turn)) committed?.();
    }
    const { rows } = await world.pool.query(`select * from spec."${projection.name}_g${generation}" order by 1, 2`);
    await world.pool.query(`drop table spec."${projection.name}_g${generation}"`);
    return rows;
  }
});

function messagesOf(given: readonly Step[]): ConsumedMessage[] {
  const versions = new Map<string, number>();
  return given.map(({ counter, type, by }, index) => {
    const stream = `Counter-${idNamed(String(counter))}`;
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    const recordedAt = new Date(index * 1000).toISOString();
    return { stream, version, type, data: { by, tags: { index } }, recordedAt } as ConsumedMessage;
  });
}

function slices<T>(list: readonly T[], sizes: readonly number[]): T[][] {
  const parts: T[][] = [];
  for (let from = 0, turn = 0; from < list.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    parts.push(list.slice(from, from + size));
    from += size;
  }
  return parts;
}
