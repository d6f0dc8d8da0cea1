import { acquireRelayLock, PostgresRelayReader } from '@codex/event-store-postgres';
import { Relay, type KafkaProducer } from '@codex/kafka-messaging';
import type { Pool } from 'pg';

import { percentile, round, type SampleWorld } from './sample-world';

/** Milliseconds. */
export interface LagSummary {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Empties `lags`, which must hold at least one. */
export function summed(lags: number[]): LagSummary {
  const sorted = lags.splice(0).sort((a, b) => a - b);
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: round(sorted.at(-1)!) };
}

/** How long ago the database recorded something, by this machine's one clock. */
export function msSince(recordedAt: string): number {
  // Date.parse drops the microseconds.
  const recorded = Date.parse(recordedAt) + Number(recordedAt.slice(23, 26)) / 1000;
  return performance.timeOrigin + performance.now() - recorded;
}

export function relayOf(
  { databaseUrl, addressing, driver }: SampleWorld,
  pool: Pool,
  producer: KafkaProducer = driver.producer(),
): Relay {
  return new Relay({
    source: new PostgresRelayReader(pool, 'bench'),
    acquireLock: (signal) =>
      acquireRelayLock({ connectionString: databaseUrl, applicationName: 'bench-relay' }, 'bench', { signal }),
    producer,
    addressing,
  });
}
