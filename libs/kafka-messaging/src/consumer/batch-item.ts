import type { FetchedRecord, TopicPartition } from '../driver/kafka-driver';
import type { SourceEras } from './source-eras';
import { entityOf, isForeign, readMessage, type ConsumedMessage, type MessageReader } from '../record/consumed-message';

/** A partition of the log that a group reads. */
export interface SourcePartition extends TopicPartition {
  /** Which log of the topic: 0 for the first, one more with each that the group went on with. Offsets are of one log. */
  readonly log: number;
  /** What took effect of each source; undefined where eras are not checked. */
  readonly eras?: SourceEras;
}

/** A record on its way through the inbox: read as a message, or with the reason why it can't be. */
export interface BatchItem<Partition extends SourcePartition = SourcePartition> {
  readonly record: FetchedRecord;
  readonly partition: Partition;
  /** What is parked when this item can't be processed. */
  readonly entity: string;
  /** Null when not even the headers can be read, or nobody asked for its category; without data when `failure` is set or nobody wants its type. */
  readonly message: ConsumedMessage | null;
  readonly failure: Error | null;
}

/** Only its offset counts: it belongs to a category that the consumer does not take. */
export function isPassedOver({ message, failure }: BatchItem): boolean {
  return message === null && failure === null;
}

export function batchItem<Partition extends SourcePartition>(
  record: FetchedRecord,
  partition: Partition,
  reader: MessageReader,
): BatchItem<Partition> {
  if (isForeign(record, reader.categories)) return { record, partition, entity: '', message: null, failure: null };
  const { message, failure } = readMessage(record, partition, reader);
  return { record, partition, entity: message?.stream ?? entityOf(record, partition), message, failure };
}
