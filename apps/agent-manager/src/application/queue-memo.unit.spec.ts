import type { Queue } from '../domain/claim-order';
import { QueueMemo } from './queue-memo';

const agent = (wanted: number) => [{ agentId: 'a1', wanted, toolSets: new Set([1]) }];

/** One project, one lane, runs r0, r1, … as long as they last. */
class ReadableQueue {
  readonly looks: number[] = [];

  constructor(private readonly depth: number) {}

  readonly read = (_toolSets: readonly number[], perLane: number): Promise<Queue> => {
    this.looks.push(perLane);
    const runs = Array.from({ length: Math.min(perLane, this.depth) }, (_, n) => ({
      runId: `r${n}`,
      waitedMs: 1000 - n,
    }));
    return Promise.resolve({
      lanes: [{ projectId: 'p1', toolSetId: 1, priority: 5, runs, hasMore: this.depth > perLane }],
      projects: [{ projectId: 'p1', running: 0, maxRunning: null }],
    });
  };
}

describe('a look at the queue', () => {
  const ids = (assignments: readonly { runId: string }[]) => assignments.map(({ runId }) => runId);

  it('serves several rounds, each with other runs', async () => {
    const queue = new ReadableQueue(100);
    const memo = new QueueMemo(() => 0);
    expect(ids(await memo.propose(agent(2), queue.read))).toEqual(['r0', 'r1']);
    expect(ids(await memo.propose(agent(2), queue.read))).toEqual(['r2', 'r3']);
    expect(queue.looks).toHaveLength(1);
  });

  it('is taken again when it is old', async () => {
    const queue = new ReadableQueue(100);
    let now = 0;
    const memo = new QueueMemo(() => now);
    await memo.propose(agent(2), queue.read);
    now = 501;
    expect(ids(await memo.propose(agent(2), queue.read))).toEqual(['r0', 'r1']);
    expect(queue.looks).toHaveLength(2);
  });

  it('is taken again when the queue has changed', async () => {
    const queue = new ReadableQueue(100);
    const memo = new QueueMemo(() => 0);
    await memo.propose(agent(2), queue.read);
    memo.forget();
    await memo.propose(agent(2), queue.read);
    expect(queue.looks).toHaveLength(2);
  });

  it('is taken again when it does not have enough for everybody', async () => {
    const queue = new ReadableQueue(3);
    const memo = new QueueMemo(() => 0);
    await memo.propose(agent(2), queue.read);
    expect(await memo.propose(agent(2), queue.read)).toHaveLength(2);
    expect(queue.looks).toHaveLength(2);
  });

  it('goes deep enough to give all that is wanted, also when it expected many lanes', async () => {
    const queue = new ReadableQueue(100);
    const memo = new QueueMemo(() => 0);
    Object.assign(memo, { lanesSeen: 1000 });
    expect(await memo.propose(agent(50), queue.read)).toHaveLength(50);
    expect(queue.looks).toEqual([4, 50]);
  });
});
