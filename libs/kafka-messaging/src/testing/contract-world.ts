import { randomUUID } from 'node:crypto';

import { createTestTopics, eventually, type TestTopics } from '@codex/testing';

import type { KafkaConnection } from '../driver/kafka-connection';
import type { KafkaAdmin, KafkaDriver, KafkaProducer, OutgoingRecord } from '../driver/kafka-driver';
import { BRIEF_WAITS } from './brief-waits';
import { RecordingConsumer, type RecordingOptions } from './recording-consumer';

export const PARTITIONS = 3;

/** A driver on the Kafka of the test run, for a process of this name. */
export type MakeDriver = (who: Pick<KafkaConnection, 'clientId' | 'instance'>) => KafkaDriver;

/** A driver on the real Kafka of the test run, with two fresh topics a test and consumers that are stopped after it. */
export class ContractWorld {
  readonly driver: KafkaDriver;
  readonly producer: KafkaProducer;
  readonly admin: KafkaAdmin;
  private topics: TestTopics<'events' | 'other'> | null = null;
  private readonly used: TestTopics<'events' | 'other'>[] = [];
  private readonly consumers: RecordingConsumer[] = [];

  constructor(readonly driverOf: MakeDriver) {
    this.driver = driverOf({ clientId: 'contract' });
    this.producer = this.driver.producer();
    this.admin = this.driver.admin();
  }

  get topic(): string {
    return this.topics!.topics.events;
  }

  get other(): string {
    return this.topics!.topics.other;
  }

  async begin(): Promise<void> {
    this.topics = await createTestTopics(['events', 'other'], { partitions: PARTITIONS });
  }

  async end(): Promise<void> {
    await Promise.all(this.consumers.splice(0).map((consumer) => consumer.stop()));
    // Later on: kafkajs goes on asking for every topic that its producer ever wrote to, and tries again when one is gone.
    if (this.topics !== null) this.used.push(this.topics);
  }

  async close(): Promise<void> {
    await Promise.all([this.producer.close(), this.admin.close()]);
    await Promise.all(this.used.map((topics) => topics.dispose()));
  }

  consume({
    driver = this.driver,
    ...options
  }: Partial<RecordingOptions> & { driver?: KafkaDriver } = {}): RecordingConsumer {
    const group = `contract.${randomUUID()}`;
    const consumer = new RecordingConsumer(driver, { group, topics: [this.topic], ...BRIEF_WAITS, ...options });
    this.consumers.push(consumer);
    return consumer;
  }
}

/** The world of a suite, made and taken down by hooks. */
export function contractWorld(driverOf: MakeDriver): () => ContractWorld {
  let world: ContractWorld;
  beforeAll(() => {
    world = new ContractWorld(driverOf);
  });
  beforeEach(() => world.begin());
  afterEach(() => world.end());
  afterAll(() => world.close());
  return () => world;
}

export function until(condition: () => boolean, description: string): Promise<unknown> {
  return eventually(condition, { timeoutMs: 30_000, description });
}

export function received(consumer: RecordingConsumer, count: number): Promise<unknown> {
  return until(() => consumer.records.length >= count, `${count} records`);
}

export function aRecord(topic: string, key: string, value: string): OutgoingRecord {
  return { topic, key, value: Buffer.from(value), headers: {} };
}

export function numbered(topic: string, count: number): OutgoingRecord[] {
  return Array.from({ length: count }, (_, i) => aRecord(topic, `Item-${i % 17}`, String(i)));
}
