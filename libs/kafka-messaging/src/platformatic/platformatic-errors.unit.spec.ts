import { partialListing } from './platformatic-errors';

/** As the client nests what a broker answered. */
async function failedListing(topics: readonly { name: string; errorCode: number; leaderless?: boolean }[]) {
  // The client is an ES module.
  const { MultipleErrors, ResponseError } = await import('@platformatic/kafka');
  const response = { clusterId: 'cluster', topics: topics.map(({ name, errorCode }) => ({ name, errorCode })) };
  const errors = topics.flatMap(({ errorCode, leaderless }, index): [string, [number, null]][] => {
    if (leaderless) return [[`/topics/${index}/partitions/0`, [5, null]]];
    return errorCode === 0 ? [] : [[`/topics/${index}`, [errorCode, null]]];
  });
  const answer = new ResponseError(3, 12, Object.fromEntries(errors), response);
  return new MultipleErrors('Listing topics failed.', [new MultipleErrors('metadata failed 4 times.', [answer])]);
}

describe('a listing of topics that failed for some of them', () => {
  it('names those there are, whoever leads them, and none that is being deleted', async () => {
    const error = await failedListing([
      { name: 'ours', errorCode: 0 },
      { name: 'deleted', errorCode: 3 },
      { name: 'leaderless', errorCode: 5 },
      { name: 'electing', errorCode: 0, leaderless: true },
    ]);
    expect(partialListing(error)).toEqual(['ours', 'leaderless', 'electing']);
  });

  it('names nothing when there was no answer', () => {
    expect(partialListing(new Error('connection refused'))).toBeUndefined();
  });
});
