import { z } from 'zod';

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 3_650;

/** A number of whole days from the environment, at least `least` of them, in milliseconds. */
export function retentionDays(least: number) {
  return z.coerce
    .number('must be a number of days')
    .int('must be a whole number of days')
    .min(least, `must be at least ${least} days`)
    .max(LONGEST_DAYS, `must be at most ${LONGEST_DAYS} days`)
    .transform((days) => days * DAY_MS);
}

/**
 * How long is kept what is not a fact. Idempotency keys are promised to clients for 7 days. Commands and replies are
 * counted from their recording, and go only when they are published; Kafka keeps replies for ever and commands for 14 days.
 */
export const housekeepingConfig = z
  .object({
    HOUSEKEEPING_INTERVAL_S: z.coerce.number().int().min(5).max(86_400).default(60),
    IDEMPOTENCY_RETENTION_DAYS: retentionDays(7).prefault(7),
    MESSAGE_RETENTION_DAYS: retentionDays(1).prefault(7),
    DEAD_LETTER_RETENTION_DAYS: retentionDays(1).prefault(30),
  })
  .transform((env) => ({
    intervalMs: env.HOUSEKEEPING_INTERVAL_S * 1000,
    idempotencyMs: env.IDEMPOTENCY_RETENTION_DAYS,
    messagesMs: env.MESSAGE_RETENTION_DAYS,
    redrivenMs: env.DEAD_LETTER_RETENTION_DAYS,
  }));

/** The slice {@link housekeepingConfig}. */
export type HousekeepingConfig = z.output<typeof housekeepingConfig>;

/** What holds where nothing is configured. */
export const defaultHousekeeping: HousekeepingConfig = housekeepingConfig.parse({});
