import type { RetryPolicy } from '@codex/contracts';

/**
 * The delay before the attempt that follows `failures` failed ones: doubles each time up to the longest, and 50–100 % of
 * that (equal jitter), so that what failed together does not come back together. `random` is in [0, 1).
 */
export function retryDelayMs(policy: RetryPolicy, failures: number, random: number): number {
  const fullMs = Math.min(policy.maxBackoffMs, policy.initialBackoffMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(fullMs / 2 + (fullMs / 2) * random);
}
