import { seededRandom } from './seed';

describe('seeded random numbers', () => {
  const draw = (label: string, seed: number): number[] => {
    const random = seededRandom(label, seed);
    return Array.from({ length: 50 }, () => random.integer(0, 1_000_000));
  };

  it('are the same for the same seed and label, and only then', () => {
    expect(draw('kills', 7)).toEqual(draw('kills', 7));
    expect(draw('kills', 8)).not.toEqual(draw('kills', 7));
    expect(draw('load', 7)).not.toEqual(draw('kills', 7));
  });

  it('reach both ends of a range and nothing beyond', () => {
    const random = seededRandom('ends', 1);
    const seen = new Set(Array.from({ length: 1000 }, () => random.integer(-1, 2)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
  });

  it('shuffle without loss', () => {
    const choices = Array.from({ length: 30 }, (_, index) => index);
    const shuffled = seededRandom('order', 1).shuffled(choices);
    expect(shuffled).not.toEqual(choices);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(choices);
  });

  it('refuse to pick from nothing', () => {
    expect(() => seededRandom('none', 1).pick([])).toThrow('nothing to pick from');
  });
});
