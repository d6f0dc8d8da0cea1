import { RebuildProgress } from './rebuild-progress';

describe('the progress of a rebuild', () => {
  let nowMs = 0;
  const progressOf = (...looks: readonly (readonly [atMs: number, done: number])[]): RebuildProgress => {
    const progress = new RebuildProgress(() => nowMs);
    for (const [atMs, done] of looks) {
      nowMs = atMs;
      progress.note(done);
    }
    return progress;
  };

  it('has no rate before it was watched for a while', () => {
    expect(progressOf().ratePerSecond).toBeNull();
    expect(progressOf([0, 100], [499, 900]).ratePerSecond).toBeNull();
  });

  it('is measured from the first look, because an interrupted rebuild does not begin at nothing', () => {
    expect(progressOf([0, 5_000], [500, 5_200], [2_000, 6_000]).ratePerSecond).toBe(500);
  });

  it('forgets what is long ago', () => {
    expect(progressOf([0, 0], [10_000, 100_000], [20_000, 100_000], [40_000, 102_000]).ratePerSecond).toBe(100);
  });

  it('is not negative', () => {
    expect(progressOf([0, 100], [1_000, 50]).ratePerSecond).toBe(0);
  });
});
