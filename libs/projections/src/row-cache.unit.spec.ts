import { RowCache } from './row-cache';

const event = (version: number, stream = 'Counter-1') => ({ stream, version });

describe('remembered rows', () => {
  it('serve the very next version, and nothing else', () => {
    const cache = new RowCache(10);
    cache.remember('Counter-1', 3, { total: 3 });
    expect(cache.before(event(4))).toEqual({ total: 3 });
    // Somebody else applied version 4, or it was discarded.
    expect(cache.before(event(5))).toBeUndefined();
    // Version 3 was rolled back and comes again.
    expect(cache.before(event(3))).toBeUndefined();
  });

  it('are not needed for the first event of a stream', () => {
    expect(new RowCache(10).before(event(1))).toBeNull();
  });

  it('tell a removed row from an unknown one', () => {
    const cache = new RowCache(10);
    cache.remember('Counter-1', 2, null);
    expect(cache.before(event(3))).toBeNull();
    expect(cache.before(event(3, 'Counter-2'))).toBeUndefined();
  });

  it('are forgotten when there are too many, the longest untouched first', () => {
    const cache = new RowCache(2);
    cache.remember('a', 1, {});
    cache.remember('b', 1, {});
    cache.remember('a', 2, {});
    cache.remember('c', 1, {});
    expect(cache.before(event(2, 'b'))).toBeUndefined();
    expect(cache.before(event(3, 'a'))).toEqual({});
  });
});
