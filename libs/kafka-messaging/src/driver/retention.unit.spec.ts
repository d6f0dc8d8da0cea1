import { finiteRetention } from './retention';

const topic = (name: string, retentionMs: number, cleanupPolicy = 'delete') => ({
  name,
  retentionMs,
  cleanupPolicy,
  topicId: null,
  partitions: 12,
});

describe('retention of event topics', () => {
  it('names those that would forget, and no others', () => {
    const topics = [topic('a', -1), topic('b', 604_800_000), topic('c', -1, 'compact'), topic('commands', 1)];
    expect(finiteRetention({ clusterId: 'x', topics }, ['a', 'b', 'c', 'missing'])).toEqual(['b', 'c']);
  });
});
