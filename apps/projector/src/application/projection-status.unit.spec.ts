import { rebuildView } from './projection-status';

const rebuild = {
  ...{ generation: 2, phase: 'filling', done: 333, total: 1_000, rate: 100 },
  ...{ report: null, error: null, startedAt: '2026-01-01T00:00:00.000Z', finishedAt: null },
};

describe('the view of a rebuild', () => {
  it('says how much is done, how fast it goes and how long it takes', () => {
    expect(rebuildView(rebuild)).toMatchObject({ percent: 33.3, ratePerSecond: 100, secondsLeft: 7 });
  });

  it('estimates nothing while there is no rate, or nothing moves', () => {
    expect(rebuildView({ ...rebuild, rate: null })).toMatchObject({ ratePerSecond: null, secondsLeft: null });
    expect(rebuildView({ ...rebuild, rate: 0 })).toMatchObject({ ratePerSecond: 0, secondsLeft: null });
  });

  it('is whole only when it is swapped in', () => {
    expect(rebuildView({ ...rebuild, phase: 'swapped' })).toMatchObject({ percent: 100, secondsLeft: null });
    expect(rebuildView({ ...rebuild, done: 999, total: 1_000 }).percent).toBe(99.9);
    expect(rebuildView({ ...rebuild, done: 0, total: 0 }).percent).toBe(0);
  });
});
