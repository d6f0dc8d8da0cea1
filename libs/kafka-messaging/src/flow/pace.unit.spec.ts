import { Pace } from './pace';

describe('a pace', () => {
  let now = 0;
  const newPace = () => new Pace({ shortestMs: 5, longestMs: 40 }, () => now);

  beforeEach(() => {
    now = 1_000;
  });

  it('lets the first round start at once', () => {
    expect(newPace().restMs).toBe(0);
  });

  it('keeps rounds apart by as long as the last one took', () => {
    const pace = newPace();
    pace.begin();
    pace.took(12);
    now += 2;
    expect(pace.restMs).toBe(10);
  });

  it('stays within its bounds', () => {
    const pace = newPace();
    pace.begin();
    pace.took(0.1);
    expect(pace.restMs).toBe(5);
    pace.took(3_000);
    expect(pace.restMs).toBe(40);
  });

  it('does not hold up a round after a silence', () => {
    const pace = newPace();
    pace.begin();
    pace.took(40);
    now += 41;
    expect(pace.restMs).toBe(0);
  });
});
