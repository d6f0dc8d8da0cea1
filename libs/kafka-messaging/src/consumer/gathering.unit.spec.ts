import type { FetchedBatch, FetchedRecord } from '../driver/kafka-driver';
import { Assignment, type OwnedPartition } from './assignment';
import { GatherBuffer } from './gather-buffer';

const place = { topic: 't', partition: 1 };
const owned = (stored: number, partition = 1): OwnedPartition => ({
  topic: 't',
  partition,
  log: 0,
  epoch: 1,
  eras: new Map(),
  stored,
  expected: stored,
});
const record = (offset: number, bytes = 10): FetchedRecord => ({
  offset,
  key: null,
  value: Buffer.alloc(bytes),
  headers: {},
  timestamp: 0,
});

function batch(position: number, offsets: readonly number[], overrides: Partial<FetchedBatch> = {}): FetchedBatch {
  const nextPosition = (offsets.at(-1) ?? position - 1) + 1;
  return {
    ...place,
    position,
    nextPosition,
    highWatermark: 100,
    records: offsets.map((o) => record(o)),
    isStale: () => false,
    ...overrides,
  };
}

function claimed(stored: number): Assignment {
  const assignment = new Assignment([place], undefined);
  assignment.claimed([owned(stored)]);
  return assignment;
}

const taken = (verdict: ReturnType<Assignment['judge']>): unknown =>
  'take' in verdict ? verdict.take.map(({ offset }) => offset) : verdict;

describe('an assignment', () => {
  it('takes what follows what was gathered', () => {
    const assignment = claimed(5);
    expect(taken(assignment.judge(batch(5, [5, 6])))).toEqual([5, 6]);
    expect(taken(assignment.judge(batch(7, [7, 9])))).toEqual([7, 9]);
  });

  it('drops records below it', () => {
    expect(taken(claimed(5).judge(batch(3, [3, 4, 5, 6])))).toEqual([5, 6]);
  });

  it('seeks back when the position lies above it', () => {
    expect(taken(claimed(5).judge(batch(8, [8, 9])))).toEqual({ seekTo: 5 });
  });

  it('takes records that begin above the position it asked for', () => {
    expect(taken(claimed(5).judge(batch(5, [8])))).toEqual([8]);
  });

  it('refuses a log that ends below what was processed', () => {
    expect(taken(claimed(50).judge(batch(0, [0, 1], { highWatermark: 2 })))).toHaveProperty('logBehind');
  });

  it('goes on at the start of a log that was cut off', () => {
    const assignment = claimed(5);
    assignment.skipTo(place, 40);
    expect(taken(assignment.judge(batch(40, [40])))).toEqual([40]);
  });

  it('tells those who wait when it is claimed, postponed, or over', async () => {
    const assignment = new Assignment([place], undefined);
    const first = assignment.whenClaimed();
    assignment.postponed();
    const second = assignment.whenClaimed();
    assignment.claimed([owned(0)]);
    expect(await Promise.all([first, second, assignment.whenClaimed()])).toEqual([false, true, true]);
    const over = new Assignment([place], undefined);
    const waiting = over.whenClaimed();
    over.end();
    expect(await waiting).toBe(false);
  });
});

describe('the buffer', () => {
  it('gives batches of all partitions together, each in order', () => {
    const buffer = new GatherBuffer();
    const [one, two] = [owned(0, 1), owned(0, 2)];
    buffer.add(one, [record(1), record(2)]);
    buffer.add(two, [record(7)]);
    buffer.add(one, [record(3)]);
    expect(buffer.size).toBe(4);
    const all = buffer.take(10, 1_000);
    expect(all.map((each) => [each.partition.partition, each.record.offset])).toEqual([
      [1, 1],
      [1, 2],
      [2, 7],
      [1, 3],
    ]);
    expect([buffer.size, buffer.take(10, 1_000)]).toEqual([0, []]);
  });

  it('gives no more than asked for, in messages and in bytes, but always one', () => {
    const buffer = new GatherBuffer();
    buffer.add(owned(0), [record(1, 60), record(2, 60), record(3, 500), record(4, 1)]);
    expect(buffer.take(1, 1_000)).toHaveLength(1);
    expect(buffer.take(9, 100)).toHaveLength(1);
    expect([...buffer.heads()].map(({ offset }) => offset)).toEqual([3]);
    expect(buffer.take(9, 100)).toHaveLength(1);
    expect(buffer.take(9, 100).map((each) => each.record.offset)).toEqual([4]);
  });
});
