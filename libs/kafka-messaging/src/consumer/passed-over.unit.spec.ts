import type { FetchedRecord } from '../driver/kafka-driver';
import { Assignment, type OwnedPartition } from './assignment';
import type { OwnedItem } from './batch-transaction';
import { PassedOver } from './passed-over';

const partitions = [ownedPartition(0), ownedPartition(1)] as const;
const assignment = () => new Assignment([], undefined);
const offsetsOf = (items: readonly OwnedItem[]): string[] =>
  items.map(({ partition, record }) => `${partition.partition}@${record.offset}`);

function ownedPartition(partition: number): OwnedPartition {
  return { topic: 't', partition, log: 0, epoch: 1, eras: new Map(), stored: 0, expected: 0 };
}

function item(at: string, failure: Error | null = null): OwnedItem {
  const [partition, offset] = at.split('@').map(Number) as [0 | 1, number];
  const record: FetchedRecord = { offset, key: null, value: null, headers: {}, timestamp: 0 };
  return { record, partition: partitions[partition], entity: '', message: null, failure };
}

const wanted = (at: string): OwnedItem => item(at, new Error('anything that has to be dealt with'));

describe('records that concern nobody', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('are held back, the last one of each partition, and go in front of the next batch', () => {
    const held = new PassedOver({ holds: true });
    const current = assignment();
    expect(held.sift([item('0@1'), item('1@4'), item('0@2')], current)).toEqual([]);
    expect(offsetsOf(held.sift([item('0@3'), wanted('0@4')], current))).toEqual(['0@2', '1@4', '0@3', '0@4']);
    expect(held.dueInMs()).toBeUndefined();
    expect(offsetsOf(held.sift([wanted('0@5')], current))).toEqual(['0@5']);
  });

  it('are stored after a second when nothing else comes', () => {
    const held = new PassedOver({ holds: true });
    const current = assignment();
    held.sift([item('0@1')], current);
    jest.advanceTimersByTime(600);
    held.sift([item('0@2')], current);
    expect(held.dueInMs()).toBe(400);
    expect(held.sift([], current)).toEqual([]);
    jest.advanceTimersByTime(400);
    expect(offsetsOf(held.sift([], current))).toEqual(['0@2']);
    expect(held.sift([], current)).toEqual([]);
  });

  it('are forgotten with the assignment they were fetched under', () => {
    const held = new PassedOver({ holds: true });
    held.sift([item('0@1')], assignment());
    expect(held.dueInMs()).toBe(1_000);
    expect(offsetsOf(held.sift([wanted('1@1')], assignment()))).toEqual(['1@1']);
  });

  it('are not held back where somebody waits for the end', () => {
    const held = new PassedOver({ holds: false });
    expect(offsetsOf(held.sift([item('0@1')], assignment()))).toEqual(['0@1']);
  });
});
