import { isListedTopic } from '../driver/failed-requests';
import { ByteReader } from './byte-reader';
import { ByteWriter } from './byte-writer';

/** The first version that tells the ids of topics; brokers speak it since Kafka 2.8. */
export const METADATA_VERSION = 10;

export interface MetadataArguments {
  /** None means all. */
  readonly topics: readonly string[];
  readonly allowAutoTopicCreation?: boolean;
}

/** A response as kafkajs expects it, with what it does not know of: the id of the topic, on each of its partitions. */
export interface DecodedMetadata {
  readonly throttleTime: 0;
  readonly clientSideThrottleTime: number;
  readonly brokers: readonly {
    readonly nodeId: number;
    readonly host: string;
    readonly port: number;
    readonly rack: string | null;
  }[];
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly topicMetadata: readonly DecodedTopic[];
}

interface DecodedTopic {
  readonly topicErrorCode: number;
  readonly topic: string;
  readonly isInternal: boolean;
  readonly partitionMetadata: readonly DecodedPartition[];
}

interface DecodedPartition {
  readonly partitionErrorCode: number;
  readonly partitionId: number;
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly offlineReplicas: readonly number[];
  /** kafkajs hands partitions on as they are, so this is how the id gets through to whoever asked. */
  readonly topicId: string;
}

const UUID_BYTES = 16;

/** The body, with the empty tags that end the newer request header. */
export function encodeMetadata({ topics, allowAutoTopicCreation = true }: MetadataArguments): Buffer {
  const writer = new ByteWriter(64 + topics.length * 64);
  writer.unsignedVarint(0);
  writer.unsignedVarint(topics.length === 0 ? 0 : topics.length + 1);
  for (const topic of topics) {
    writer.raw(Buffer.alloc(UUID_BYTES));
    const name = Buffer.from(topic);
    writer.unsignedVarint(name.length + 1);
    writer.raw(name);
    writer.unsignedVarint(0);
  }
  writer.int8(allowAutoTopicCreation ? 1 : 0);
  writer.int8(0);
  writer.int8(0);
  writer.unsignedVarint(0);
  return writer.written();
}

/** Reads a response with the tags that end its header. Throws `RangeError` on damaged bytes. */
export function decodeMetadata(raw: Buffer): DecodedMetadata {
  const reader = new ByteReader(raw);
  skipTags(reader);
  const clientSideThrottleTime = reader.int32();
  const brokers = list(reader, () => tagged(reader, () => broker(reader)));
  const clusterId = text(reader);
  const controllerId = reader.int32();
  const topicMetadata = list(reader, () => tagged(reader, () => topicOf(reader)));
  skipAuthorizedOperations(reader);
  skipTags(reader);
  return { throttleTime: 0, clientSideThrottleTime, brokers, clusterId, controllerId, topicMetadata };
}

/**
 * The same as a list of the topics there are: whether somebody leads them is not asked, and one that is being deleted is
 * none. kafkajs takes any error in a response for that of the whole request, also of topics that are not ours.
 */
export function asTopicList(metadata: DecodedMetadata): DecodedMetadata {
  const topicMetadata = metadata.topicMetadata
    .filter(({ topicErrorCode }) => isListedTopic(topicErrorCode))
    .map((topic) => ({
      ...topic,
      topicErrorCode: 0,
      partitionMetadata: topic.partitionMetadata.map((partition) => ({ ...partition, partitionErrorCode: 0 })),
    }));
  return { ...metadata, topicMetadata };
}

function broker(reader: ByteReader): DecodedMetadata['brokers'][number] {
  return { nodeId: reader.int32(), host: text(reader) ?? '', port: reader.int32(), rack: text(reader) };
}

function topicOf(reader: ByteReader): DecodedTopic {
  const topicErrorCode = reader.int16();
  const topic = text(reader) ?? '';
  const topicId = uuidText(reader.slice(UUID_BYTES));
  const isInternal = reader.int8() !== 0;
  const partitionMetadata = list(reader, () => tagged(reader, () => partitionOf(reader, topicId)));
  skipAuthorizedOperations(reader);
  return { topicErrorCode, topic, isInternal, partitionMetadata };
}

function partitionOf(reader: ByteReader, topicId: string): DecodedPartition {
  const partitionErrorCode = reader.int16();
  const partitionId = reader.int32();
  const leader = reader.int32();
  skipLeaderEpoch(reader);
  const nodes = (): readonly number[] => list(reader, () => reader.int32());
  const [replicas, isr, offlineReplicas] = [nodes(), nodes(), nodes()];
  return { partitionErrorCode, partitionId, leader, replicas, isr, offlineReplicas, topicId };
}

function skipAuthorizedOperations(reader: ByteReader): void {
  reader.int32();
}

function skipLeaderEpoch(reader: ByteReader): void {
  reader.int32();
}

function tagged<T>(reader: ByteReader, decode: () => T): T {
  const value = decode();
  skipTags(reader);
  return value;
}

function skipTags(reader: ByteReader): void {
  for (let left = reader.unsignedVarint(); left > 0; left--) {
    reader.unsignedVarint();
    reader.slice(reader.unsignedVarint());
  }
}

function text(reader: ByteReader): string | null {
  const length = reader.unsignedVarint();
  return length === 0 ? null : reader.slice(length - 1).toString();
}

function list<T>(reader: ByteReader, decode: () => T): T[] {
  const count = Math.max(reader.unsignedVarint() - 1, 0);
  if (count > reader.remaining) throw new RangeError('more elements than bytes');
  return Array.from({ length: count }, decode);
}

function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
