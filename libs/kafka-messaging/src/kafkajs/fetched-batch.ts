import type { Batch, KafkaMessage } from 'kafkajs';

import type { FetchedBatch, FetchedRecord, RecordHeaders } from '../driver/kafka-driver';

/** What kafkajs hands over, as the port's batch. */
export function fetchedBatch(batch: Batch, isStale: () => boolean): FetchedBatch {
  // `fetchedOffset` is missing in kafkajs's types.
  const { fetchedOffset } = batch as Batch & { readonly fetchedOffset: string };
  return {
    topic: batch.topic,
    partition: batch.partition,
    position: Number(fetchedOffset),
    nextPosition: Number(batch.lastOffset()) + 1,
    highWatermark: Number(batch.highWatermark),
    records: batch.messages.map((message) => new KafkajsRecord(message)),
    isStale,
  };
}

/** Leaves the headers alone until somebody asks for them. */
class KafkajsRecord implements FetchedRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly #message: KafkaMessage;

  constructor(message: KafkaMessage) {
    this.offset = Number(message.offset);
    this.key = message.key;
    this.value = message.value;
    this.timestamp = Number(message.timestamp);
    this.#message = message;
  }

  get headers(): RecordHeaders {
    return this.#message.headers ?? {};
  }
}
