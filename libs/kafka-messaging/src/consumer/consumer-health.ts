import { Header, headerText } from '../record/message-headers';
import type { FetchedRecord } from '../driver/kafka-driver';

export type ConsumerState =
  'starting' | 'running' | 'waiting' | 'log-replaced' | 'log-behind' | 'log-left' | 'stopping' | 'stopped';

/** How a consumer is doing, from its own loop. */
export interface ConsumerHealth {
  readonly group: string;
  readonly state: ConsumerState;
  /** False for a consumer that does not fetch, is stuck on a batch, or has been waiting for too long. */
  readonly healthy: boolean;
  readonly assignedPartitions: number;
  /** Age of the oldest message that was fetched and is not processed; 0 when there is none. */
  readonly lagMs: number;
  readonly gathered: number;
  readonly lastFetchAt: number | null;
  readonly lastProgressAt: number | null;
  readonly processed: number;
  readonly parked: number;
  readonly lastError: string | null;
}

/** Longer without a fetch, or on one batch, and the consumer counts as dead. */
export const STALE_AFTER_MS = 30_000;

/** The first record of each partition; records of one partition are in order, so the oldest are among these. */
export function firstOfEach(
  items: readonly { readonly record: FetchedRecord; readonly partition: object }[],
): Iterable<FetchedRecord> {
  const first = new Map<object, FetchedRecord>();
  for (const { record, partition } of items) if (!first.has(partition)) first.set(partition, record);
  return first.values();
}

/** Age of the oldest of these records by the time the store recorded them. */
export function lagOf(records: Iterable<FetchedRecord>, now: number): number {
  let oldest = now;
  for (const record of records) oldest = Math.min(oldest, recordedAt(record));
  return now - oldest;
}

// `ce_time` counts from the commit, the record's own timestamp only from publishing.
function recordedAt({ headers, timestamp }: FetchedRecord): number {
  const time = Date.parse(headerText(headers, Header.time) ?? '');
  return Number.isNaN(time) ? timestamp : time;
}
