import type { Batch, KafkaMessage } from 'kafkajs';

import { DecodedRecord } from './fetch-decoding';
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

/** Leaves the parts of a message alone until somebody asks for them. */
class KafkajsRecord implements FetchedRecord {
  readonly offset: number;
  readonly #message: KafkaMessage;
  #value: Buffer | null | undefined;

  constructor(message: KafkaMessage) {
    this.offset = message instanceof DecodedRecord ? message.place : Number(message.offset);
    this.#message = message;
  }

  get key(): Buffer | null {
    return this.#message.key;
  }

  get value(): Buffer | null {
    return (this.#value ??= this.#message.value);
  }

  get timestamp(): number {
    return Number(this.#message.timestamp);
  }

  get headers(): RecordHeaders {
    return this.#message.headers ?? {};
  }
}
