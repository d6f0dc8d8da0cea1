import type {
  ConsumerEvents,
  ConsumerOptions,
  FetchedBatch,
  FetchedRecord,
  KafkaConsumer,
  KafkaDriver,
  TopicPartition,
} from '../driver/kafka-driver';

export interface RecordingOptions extends ConsumerOptions {
  /** Called for every batch; false leaves the position where it is. Default: takes everything. */
  readonly onBatch?: (batch: FetchedBatch) => Promise<boolean> | boolean;
  readonly onAssigned?: (partitions: readonly TopicPartition[], consumer: KafkaConsumer) => void;
}

/** A consumer that writes down what it was told: the counterpart in the drivers' contract suite. */
export class RecordingConsumer implements ConsumerEvents {
  readonly consumer: KafkaConsumer;
  readonly batches: FetchedBatch[] = [];
  readonly records: (FetchedRecord & TopicPartition)[] = [];
  readonly failures: unknown[] = [];
  assigned: readonly TopicPartition[] = [];
  generations = 0;
  fetches = 0;

  constructor(
    driver: KafkaDriver,
    private readonly options: RecordingOptions,
  ) {
    this.consumer = driver.consumer(options);
    this.consumer.start(this);
  }

  onAssigned(partitions: readonly TopicPartition[]): void {
    this.assigned = partitions;
    this.generations++;
    this.options.onAssigned?.(partitions, this.consumer);
  }

  onRevoked(): void {
    this.assigned = [];
  }

  async onBatch(batch: FetchedBatch): Promise<boolean> {
    this.batches.push(batch);
    const taken = (await this.options.onBatch?.(batch)) ?? true;
    const { topic, partition } = batch;
    if (taken && !batch.isStale())
      for (const { offset, key, value, headers, timestamp } of batch.records) {
        this.records.push({ offset, key, value, headers, timestamp, topic, partition });
      }
    return taken;
  }

  onFetch(): void {
    this.fetches++;
  }

  onFailure(error: unknown): void {
    this.failures.push(error);
  }

  /** Offsets seen of one partition, in order of arrival. */
  offsetsOf(partition: number): number[] {
    return this.records.filter((record) => record.partition === partition).map(({ offset }) => offset);
  }

  stop(): Promise<void> {
    return this.consumer.stop();
  }
}
