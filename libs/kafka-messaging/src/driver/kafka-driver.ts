/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A record on its way to Kafka. The partition follows from the key: Java's murmur2, whatever the driver. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers as they come off the wire; a repeated header is a list. */
export type RecordHeaders = Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;

/** A record as it was fetched. Offsets fit a double: 2^53 records in one partition are out of reach. */
export interface FetchedRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  /** Milliseconds since the epoch, set by the producer. */
  readonly timestamp: number;
}

/** What one fetch brought of one partition, in offset order. */
export interface FetchedBatch extends TopicPartition {
  /** The offset the fetch asked for. Records may start later (control records, cut-off log), never earlier. */
  readonly position: number;
  /** Where the next fetch goes on once this batch was taken. */
  readonly nextPosition: number;
  /** End of the partition's log when it was fetched. */
  readonly highWatermark: number;
  readonly records: readonly FetchedRecord[];
  /** True once the partition was lost, the consumer stops, or a seek made this batch obsolete. */
  isStale(): boolean;
}

/**
 * What the consumer tells its owner. `onAssigned` is called for every generation of the group, also when the
 * partitions did not change; everything fetched under an earlier generation is void from then on.
 */
export interface ConsumerEvents {
  onAssigned(partitions: readonly TopicPartition[]): void;
  /** The partitions are lost or about to be; nothing may be committed for them any more. */
  onRevoked(): void;
  /**
   * Resolves `true` when the batch was taken: the position moves behind it. `false` leaves the position where it is.
   * No other fetch of the same broker starts before all batches of the last one are answered; the driver keeps the
   * membership alive meanwhile. Must not reject.
   */
  onBatch(batch: FetchedBatch): Promise<boolean>;
  /** A fetch came back, with or without records: the proof that consumption is alive. */
  onFetch(): void;
  /** The client failed and is being restarted by the driver with backoff. */
  onFailure(error: unknown): void;
}

export interface ConsumerOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Longest wait of an empty fetch, which `stop` does not wait for. Default 2,000, or 1,000 of the second client. */
  readonly maxWaitMs?: number;
  readonly sessionTimeoutMs?: number;
  readonly heartbeatIntervalMs?: number;
  readonly maxBytesPerPartition?: number;
  readonly maxBytes?: number;
}

/**
 * A member of a consumer group that does not decide offsets: the owner stores them and seeks. Without a seek a
 * partition starts at the group's committed offset, or at the earliest one.
 */
export interface KafkaConsumer {
  /** Starts in the background and keeps trying until `stop`; failures arrive at `onFailure`. */
  start(events: ConsumerEvents): void;
  seek(partition: TopicPartition, offset: number): void;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** For lag tools only; nothing reads these back. Rejects when the group does not accept them. */
  commitOffsets(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>;
  /** Leaves and joins again, as after a loss of ownership that the group did not notice. */
  rejoin(): void;
  /** Leaves the group. Resolves when no callback will be made any more. */
  stop(): Promise<void>;
}

/**
 * An idempotent producer with acks=all. One batch is outstanding at a time: a second `send` waits for the first.
 *
 * When `send` rejects it is unknown which records arrived. The caller sends the *same array* again, unchanged, before
 * anything else; then every record is stored at least once and first sightings are in order. The driver makes a new
 * producer identity by itself when the broker forgot the old one or when another array follows a failed one.
 * Errors: `Unavailable` (code `UPSTREAM_UNAVAILABLE`), or the client's own error when retrying can't help.
 */
export interface KafkaProducer {
  send(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string>>;
}

export interface TopicDescription {
  readonly name: string;
  /**
   * A UUID in lower case with dashes, given by Kafka when the topic was created: a topic deleted and created again has
   * another one. Null when the brokers are older than Kafka 2.8 and do not tell.
   */
  readonly topicId: string | null;
  readonly partitions: number;
  /** -1 is endless. */
  readonly retentionMs: number;
  readonly cleanupPolicy: string;
}

export interface ClusterDescription {
  readonly clusterId: string;
  /** Topics that do not exist are absent. */
  readonly topics: readonly TopicDescription[];
}

export interface PartitionOffsets {
  readonly partition: number;
  readonly earliest: number;
  readonly latest: number;
}

export interface KafkaAdmin {
  /** Creates what is missing; never changes an existing topic. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  deleteTopics(topics: readonly string[]): Promise<void>;
  describe(topics: readonly string[]): Promise<ClusterDescription>;
  offsets(topic: string): Promise<readonly PartitionOffsets[]>;
  close(): Promise<void>;
}

/** A Kafka client behind one port. Every driver passes `kafkaDriverContract` of the `testing` entry. */
export interface KafkaDriver {
  producer(): KafkaProducer;
  consumer(options: ConsumerOptions): KafkaConsumer;
  admin(): KafkaAdmin;
}
