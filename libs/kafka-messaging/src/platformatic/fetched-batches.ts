import type { Consumer } from '@platformatic/kafka';

import type { FetchedBatch, FetchedRecord } from '../driver/kafka-driver';
import { PlatformaticRecord } from './fetched-record';
import type { PartitionPosition } from './positions';

/** What the client's fetch resolves with. */
export type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;

type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number];
type RecordsBatch = NonNullable<PartitionAnswer['records']>[number];

const IS_CONTROL = 0b10_0000;

/** What the answer brought of one partition from `asked` on; null when that is nothing. */
export function fetchedBatch(
  { topic, partition }: PartitionPosition,
  asked: number,
  answer: PartitionAnswer,
): Omit<FetchedBatch, 'isStale'> | null {
  const last = answer.records?.at(-1);
  if (last === undefined) return null;
  const nextPosition = Number(last.firstOffset) + last.lastOffsetDelta + 1;
  if (nextPosition <= asked) return null;
  return {
    topic,
    partition,
    position: asked,
    nextPosition,
    highWatermark: Number(answer.highWatermark),
    records: answer.records!.flatMap((batch) => recordsOf(batch, asked)),
  };
}

// A fetch answers with whole batches: the first may begin before the offset that was asked for.
function recordsOf(batch: RecordsBatch, from: number): FetchedRecord[] {
  if (batch.attributes & IS_CONTROL) return [];
  const firstOffset = Number(batch.firstOffset);
  const firstTimestamp = Number(batch.firstTimestamp);
  const records: FetchedRecord[] = [];
  for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
    const offset = firstOffset + offsetDelta;
    if (offset < from) continue;
    const timestamp = firstTimestamp + Number(timestampDelta);
    records.push(new PlatformaticRecord({ offset, timestamp, key, value, headers }));
  }
  return records;
}
