import { TurnQueue, type TurnQueueOptions } from './turn-queue';

interface Item {
  readonly name: string;
  readonly claims?: readonly string[];
  readonly weight?: number;
}

/** A queue whose batches end when the test says so. */
class Harness {
  readonly batches: (readonly string[])[] = [];
  private readonly endings: (() => void)[] = [];
  readonly queue: TurnQueue<Item>;

  constructor(options: Partial<TurnQueueOptions<Item>> = {}) {
    this.queue = new TurnQueue<Item>({
      maxBatch: 10,
      maxInFlight: 2,
      claimsOf: ({ claims }) => claims ?? [],
      weightOf: ({ weight }) => weight ?? 1,
      execute: (batch) => {
        this.batches.push(batch.map(({ name }) => name));
        return new Promise((resolve) => this.endings.push(resolve));
      },
      ...options,
    });
  }

  push(...items: (Item | string)[]): this {
    for (const item of items) this.queue.push(typeof item === 'string' ? { name: item } : item);
    return this;
  }

  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }

  async end(): Promise<void> {
    this.endings.shift()?.();
    await this.turn();
  }
}

describe('TurnQueue', () => {
  it('gathers what is pushed in one turn', async () => {
    const harness = new Harness().push('a', 'b', 'c');
    expect(harness.batches).toEqual([]);
    await harness.turn();
    expect(harness.batches).toEqual([['a', 'b', 'c']]);
  });

  it('has no more batches out than allowed, and gathers meanwhile', async () => {
    const harness = new Harness();
    for (const name of ['a', 'b', 'c', 'd']) await harness.push(name).turn();
    expect(harness.batches).toEqual([['a'], ['b']]);
    await harness.end();
    expect(harness.batches).toEqual([['a'], ['b'], ['c', 'd']]);
  });

  it('cuts batches by number and by weight, but never to nothing', async () => {
    const harness = new Harness({ maxBatch: 2, maxWeight: 10, maxInFlight: 9 });
    harness.push('a', 'b', 'c', { name: 'heavy', weight: 50 }, 'd');
    for (let turn = 0; turn < 4; turn++) await harness.turn();
    expect(harness.batches).toEqual([['a', 'b'], ['c'], ['heavy'], ['d']]);
  });

  it('shares many items out to the batches that are free', async () => {
    const harness = new Harness({ worthSharing: 2 }).push('a', 'b', 'c', 'd', 'e');
    await harness.turn();
    await harness.turn();
    expect(harness.batches).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
  });

  it('never has a claim out twice, neither in one batch nor in two', async () => {
    const harness = new Harness();
    harness.push({ name: 'a', claims: ['x'] }, { name: 'b', claims: ['x'] }, 'c');
    await harness.turn();
    expect(harness.batches).toEqual([['a', 'c']]);
    await harness.push('d').turn();
    expect(harness.batches).toEqual([['a', 'c'], ['d']]);
    await harness.end();
    expect(harness.batches).toEqual([['a', 'c'], ['d'], ['b']]);
  });

  it('keeps the order of items that hold a claim in common, also over a third', async () => {
    const harness = new Harness();
    harness.push({ name: 'a', claims: ['x'] }, { name: 'b', claims: ['x', 'y'] }, { name: 'c', claims: ['y'] });
    await harness.turn();
    await harness.end();
    await harness.end();
    expect(harness.batches).toEqual([['a'], ['b'], ['c']]);
  });

  it('is idle when nothing waits and nothing is out', async () => {
    const harness = new Harness({ maxInFlight: 1 });
    await harness.queue.idle();
    let idle = false;
    harness.push({ name: 'a', claims: ['x'] }, { name: 'b', claims: ['x'] });
    void harness.queue.idle().then(() => (idle = true));
    await harness.turn();
    await harness.end();
    expect(idle).toBe(false);
    await harness.end();
    expect(idle).toBe(true);
  });
});
