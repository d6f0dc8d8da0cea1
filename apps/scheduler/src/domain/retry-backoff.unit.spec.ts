import fc from 'fast-check';
import { retryDelayMs } from './retry-backoff';

const policy = { maxAttempts: 20, initialBackoffMs: 1_000, maxBackoffMs: 6_000 };

describe('the delay before a retry', () => {
  it('doubles up to the longest', () =>
    expect([1, 2, 3, 4, 5].map((failures) => retryDelayMs(policy, failures, 1))).toEqual([
      1000, 2000, 4000, 6000, 6000,
    ]));

  it('is half of it at least', () => expect(retryDelayMs(policy, 3, 0)).toBe(2_000));

  it('is never negative, and never above the longest, whatever is asked for', () =>
    fc.assert(
      fc.property(
        fc.nat(3_600_000),
        fc.nat(3_600_000),
        fc.nat(1_000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b, n, r) => {
          const delayMs = retryDelayMs({ maxAttempts: 1, initialBackoffMs: a, maxBackoffMs: b }, n + 1, r);
          return delayMs >= 0 && delayMs <= b;
        },
      ),
    ));
});
