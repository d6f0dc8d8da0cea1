import { Poison, Unavailable, VersionConflict } from '@codex/event-sourcing';

import { ConsumerFenced } from '../inbox/inbox-errors';
import { settle, type SettlerPorts } from './batch-settler';
import { HandlerFailed, type CommittedBatch, type Culprit, type OwnedItem } from './batch-transaction';
import { defaultFailurePolicy } from './failure-policy';

const items = Array.from({ length: 10 }, (_, offset) => ({ record: { offset } }) as unknown as OwnedItem);
const offsets = (some: readonly OwnedItem[]): number[] => some.map(({ record }) => record.offset);

/** A handler that fails for given offsets, as often as their failures last. */
class Surroundings implements SettlerPorts {
  readonly policy = defaultFailurePolicy;
  readonly log: string[] = [];
  readonly handled: number[] = [];
  readonly parked: number[] = [];
  over = false;

  constructor(
    private readonly failures: Map<number, unknown[]>,
    private readonly before: unknown[] = [],
  ) {}

  async run(some: readonly OwnedItem[], culprit?: Culprit): Promise<CommittedBatch> {
    const early = this.before.shift();
    if (early !== undefined) throw early;
    const delivered = some.filter((item) => item !== culprit?.item);
    for (const { record } of delivered) {
      const failure = this.failures.get(record.offset)?.shift();
      if (failure !== undefined) throw new HandlerFailed(failure, delivered);
    }
    return { afterCommit: undefined, eras: new Map(), parked: culprit ? [culprit.item] : [] };
  }

  committed(some: readonly OwnedItem[], { parked }: { readonly parked: readonly OwnedItem[] }): void {
    this.log.push(`commit ${offsets(some).join()}`);
    this.parked.push(...offsets(parked));
    this.handled.push(...offsets(some.filter((item) => !parked.includes(item))));
  }

  isOver(): boolean {
    return this.over;
  }

  fenced(): void {
    this.log.push('fenced');
  }

  async wait(waitMs: number, _failure?: unknown, _culprit?: OwnedItem | null): Promise<void> {
    this.log.push(`wait ${waitMs}`);
  }

  random(): number {
    return 1;
  }
}

const always = (error: unknown): unknown[] => Array(100).fill(error);
const all = offsets(items);

describe('settling a batch', () => {
  it('commits it as a whole when nothing fails', async () => {
    const ports = new Surroundings(new Map());
    await settle(items, ports);
    expect(ports.log).toEqual([`commit ${all.join()}`]);
  });

  it.each([[[0]], [[9]], [[4]], [[3, 4]], [[0, 5, 9]], [all]])(
    'parks exactly the culprits %j, in order',
    async (bad) => {
      const ports = new Surroundings(new Map(bad.map((offset) => [offset, always(new Poison('X', 'x'))])));
      await settle(items, ports);
      expect(ports.parked).toEqual(bad);
      expect(ports.handled).toEqual(all.filter((offset) => !bad.includes(offset)));
    },
  );

  it('waits for what is transient and then goes on with the whole batch', async () => {
    const ports = new Surroundings(new Map([[4, [new Unavailable('x'), new Unavailable('x')]]]));
    await settle(items, ports);
    expect(ports.log).toEqual(['wait 100', 'wait 200', `commit ${all.join()}`]);
  });

  it('finds the message that holds a batch up, and lets through what comes in front of it', async () => {
    const ports = new Surroundings(new Map([[4, always(new Unavailable('x'))]]));
    const waits: unknown[] = [];
    ports.wait = async (waitMs, failure, culprit) => {
      waits.push([waitMs, failure instanceof HandlerFailed, culprit?.record.offset]);
      ports.over = waits.length === 4;
    };
    await settle(items, ports);
    expect(waits).toEqual([
      [100, true, undefined],
      [200, true, undefined],
      [100, true, 4],
      [200, true, 4],
    ]);
    expect(ports.handled).toEqual([0, 1, 2, 3]);
    expect(ports.parked).toEqual([]);
  });

  it('goes on with the rest once that message goes through', async () => {
    const ports = new Surroundings(new Map([[4, Array(9).fill(new Unavailable('x'))]]));
    await settle(items, ports);
    expect(ports.handled).toEqual(all);
  });

  it('blames no message while the database itself is away', async () => {
    const ports = new Surroundings(new Map(), Array(9).fill(new Unavailable('x')));
    const culprits: unknown[] = [];
    ports.wait = async (_waitMs, _failure, culprit) => void culprits.push(culprit);
    await settle(items, ports);
    expect(culprits).toEqual(Array(9).fill(null));
    expect(ports.log).toEqual([`commit ${all.join()}`]);
  });

  it('repeats conflicts at once', async () => {
    const ports = new Surroundings(new Map([[4, [new VersionConflict(['a']), new VersionConflict(['a'])]]]));
    await settle(items, ports);
    expect(ports.log).toEqual([`commit ${all.join()}`]);
  });

  it('never parks for a failure of the inbox itself', async () => {
    const ports = new Surroundings(new Map(), [new Error('syntax error'), new Poison('X', 'x')]);
    await settle(items, ports);
    expect(ports.log).toEqual(['wait 100', 'wait 200', `commit ${all.join()}`]);
    expect(ports.parked).toEqual([]);
  });

  it('stops at once when it is fenced', async () => {
    const ports = new Surroundings(new Map(), [new ConsumerFenced('g')]);
    await settle(items, ports);
    expect(ports.log).toEqual(['fenced']);
  });

  it('starts nothing more once it is over', async () => {
    const ports = new Surroundings(new Map([[2, always(new Unavailable('x'))]]));
    ports.wait = async () => {
      ports.over = true;
    };
    await settle(items, ports);
    expect(ports.log).toEqual([]);
  });
});
