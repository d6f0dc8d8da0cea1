import type { ICustomPartitioner, Kafka, Message, Producer } from 'kafkajs';

import type { KafkaProducer, OutgoingRecord } from '../driver/kafka-driver';
import { partitionOf } from '../driver/murmur2';
import { classifyKafkaError, hasLostIdentity, protocolErrorType } from './kafkajs-errors';

/**
 * One outstanding batch, so one a partition: kafkajs rolls a partition's sequence back when a request fails, and with
 * a second one in flight the next batch would be taken for a duplicate and dropped. Retries are bounded (kafkajs would
 * go on for ever after `disconnect`); the caller repeats the same array, which then has the same sequence numbers.
 */
export class KafkajsProducer implements KafkaProducer {
  private producer: Producer | null = null;
  private failed: readonly OutgoingRecord[] | null = null;
  private tail: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(private readonly kafka: Kafka) {}

  send(records: readonly OutgoingRecord[]): Promise<void> {
    const turn = this.tail.then(() => this.sendInTurn(records));
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.tail;
    await this.discardIdentity();
  }

  private async sendInTurn(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return;
    if (this.closed) throw new Error('the producer is closed');
    // Another array under the sequence numbers of a failed one could be dropped as its duplicate.
    if (this.failed !== null && this.failed !== records) await this.discardIdentity();
    try {
      await this.sendOnce(records).catch((error: unknown) => this.withoutStaleTopics(error, records));
      this.failed = null;
    } catch (error) {
      this.failed = records;
      if (hasLostIdentity(error)) await this.discardIdentity();
      throw classifyKafkaError(error);
    }
  }

  private async sendOnce(records: readonly OutgoingRecord[]): Promise<void> {
    const producer = await this.connected();
    await producer.sendBatch({ acks: -1, timeout: 10_000, topicMessages: byTopic(records) });
  }

  // kafkajs asks for the metadata of every topic it ever sent to, and one that was deleted since fails all of them.
  private async withoutStaleTopics(error: unknown, records: readonly OutgoingRecord[]): Promise<void> {
    if (protocolErrorType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    await this.discardIdentity();
    await this.sendOnce(records);
  }

  private async connected(): Promise<Producer> {
    if (this.producer !== null) return this.producer;
    const producer = this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: javaCompatiblePartitioner,
      retry: { retries: 4, initialRetryTime: 50, maxRetryTime: 1_000, factor: 0.2, multiplier: 2 },
    });
    try {
      await producer.connect();
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
    this.producer = producer;
    return producer;
  }

  private async discardIdentity(): Promise<void> {
    const producer = this.producer;
    this.producer = null;
    this.failed = null;
    await producer?.disconnect().catch(() => undefined);
  }
}

const javaCompatiblePartitioner: ICustomPartitioner =
  () =>
  ({ message, partitionMetadata }) =>
    partitionOf(message.key!, partitionMetadata.length);

function byTopic(records: readonly OutgoingRecord[]): { topic: string; messages: Message[] }[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, key, value, headers } of records) {
    const message = { key, value, headers };
    const messages = topics.get(topic);
    if (messages === undefined) topics.set(topic, [message]);
    else messages.push(message);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}
