/** A webhook is sent at most so often. */
export const MAX_ATTEMPTS = 8;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DELAYS_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 60 * MINUTE, 180 * MINUTE] as const;

/** What follows on the answer to the `attempt`-th sending, counted from 1. */
export type NextStep = { readonly next: 'wait'; readonly delayMs: number } | { readonly next: 'give-up' };

/** `isFinal`: no further attempt makes sense. `random` in [0, 1) spreads the delay between its half and the whole. */
export function afterFailure(attempt: number, isFinal: boolean, random: number): NextStep {
  const fullMs = DELAYS_MS[attempt - 1];
  if (isFinal || fullMs === undefined) return { next: 'give-up' };
  return { next: 'wait', delayMs: Math.round(fullMs * (0.5 + random / 2)) };
}
