import { failureKind, Unavailable, type FailureKind } from '@codex/event-sourcing';
import { classifyPostgresError, SqlState, sqlStateOf } from '@codex/postgres';

/** What is done about one kind of failure. */
export type FailureRule =
  /** At once, in a new transaction, so many times; then as `wait`. */
  | { readonly answer: 'retry'; readonly attempts: number }
  /** Again and again with growing pauses, while the partitions are paused. */
  | { readonly answer: 'wait' }
  /** The batch is split until the message is alone; then its stream is parked with a dead letter. */
  | { readonly answer: 'park' };

/** The answer to every failure of a handler, by its kind. */
export interface FailurePolicy {
  readonly rules: Readonly<Record<FailureKind, FailureRule>>;
  readonly firstWaitMs: number;
  readonly lastWaitMs: number;
}

export const defaultFailurePolicy: FailurePolicy = {
  rules: {
    refusal: { answer: 'park' },
    poison: { answer: 'park' },
    conflict: { answer: 'retry', attempts: 5 },
    transient: { answer: 'wait' },
  },
  firstWaitMs: 100,
  lastWaitMs: 10_000,
};

/** What to do now about a failure. */
export type Consequence =
  { readonly act: 'retry' } | { readonly act: 'wait'; readonly waitMs: number } | { readonly act: 'park' };

/**
 * The consequence of the `attempt`-th failure in a row (counted from 1). Waits double from the first to the last with
 * equal jitter: `random` (0 to 1) moves them between half and all.
 */
export function consequenceOf(
  kind: FailureKind,
  attempt: number,
  { policy, random }: { readonly policy: FailurePolicy; readonly random: number },
): Consequence {
  const rule = policy.rules[kind];
  if (rule.answer === 'park') return { act: 'park' };
  if (rule.answer === 'retry' && attempt <= rule.attempts) return { act: 'retry' };
  const waits = rule.answer === 'retry' ? attempt - rule.attempts : attempt;
  const fullMs = Math.min(policy.firstWaitMs * 2 ** Math.min(waits - 1, 30), policy.lastWaitMs);
  return { act: 'wait', waitMs: Math.round(fullMs * (0.5 + random / 2)) };
}

/** The kind of anything a handler or its transaction may throw; the database's own errors are told apart first. */
export function kindOfFailure(error: unknown): FailureKind {
  const state = sqlStateOf(error instanceof Unavailable ? error.cause : error);
  if (state === SqlState.serializationFailure || state === SqlState.deadlockDetected) return 'conflict';
  return failureKind(classifyPostgresError(error));
}
