import { type ClusterMetadata, type ConnectionPool, type Consumer, ListOffsetTimestamps } from '@platformatic/kafka';

import type { ConsumerEvents, ConsumerOptions, FetchedBatch } from '../driver/kafka-driver';
import { fetchedBatch, type FetchResponse } from './fetched-batches';
import { partialFetch } from './platformatic-errors';
import type { PartitionPosition, Positions } from './positions';

export interface FetcherParts {
  readonly consumer: Consumer;
  /** Of this fetcher alone: a waiting fetch holds up what else is on its connection. Closed by `close`. */
  readonly connections: ConnectionPool;
  readonly options: ConsumerOptions;
  readonly events: Pick<ConsumerEvents, 'onBatch' | 'onFetch'>;
  readonly positions: Positions;
  isMember(): boolean;
  failed(error: unknown): void;
  /** Called while batches are with their owner, and when they are back. */
  handling(count: number): void;
}

interface Asked {
  readonly position: PartitionPosition;
  readonly offset: number;
  readonly seeks: number;
}

export const DEFAULT_MAX_WAIT_MS = 1_000;
const OFFSET_OUT_OF_RANGE = 1;

/**
 * Fetches for one generation of the group: at most one fetch of each broker at a time, the next when all batches of the
 * last were answered. While there is nothing to fetch it looks again after the longest wait of a fetch.
 */
export class Fetcher {
  private readonly busy = new Set<number>();
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: FetcherParts) {}

  /** Something can be fetched now that could not before. Safe to call at any time. */
  wake(): void {
    if (this.parts.positions.isVoid) return;
    clearTimeout(this.idleTimer);
    this.turn().catch((error: unknown) => this.fail(error));
  }

  /** Voids the generation. What is under way comes back into nothing. */
  close(): void {
    this.parts.positions.isVoid = true;
    clearTimeout(this.idleTimer);
    this.parts.connections.close().catch(() => undefined);
  }

  private async turn(): Promise<void> {
    const { consumer, positions, options } = this.parts;
    const metadata = await consumer.metadata({ topics: [...options.topics] });
    if (positions.isVoid) return;
    for (const [broker, wanted] of byLeader(positions.fetchable(), metadata)) {
      if (this.busy.has(broker)) continue;
      this.busy.add(broker);
      this.fetchFrom(broker, wanted, metadata)
        .catch((error: unknown) => this.fail(error))
        .finally(() => {
          this.busy.delete(broker);
          this.wake();
        });
    }
    if (this.busy.size === 0) this.lookAgainLater();
  }

  private lookAgainLater(): void {
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => {
      if (this.parts.isMember()) this.parts.events.onFetch();
      this.wake();
    }, this.maxWaitMs);
  }

  private async fetchFrom(
    broker: number,
    wanted: readonly PartitionPosition[],
    metadata: ClusterMetadata,
  ): Promise<void> {
    const { positions, events } = this.parts;
    const asked = wanted.map((position) => ({ position, offset: position.offset!, seeks: position.seeks }));
    const batches = await this.fetch(broker, asked, metadata);
    if (positions.isVoid) return;
    events.onFetch();
    await Promise.all(batches);
  }

  private async fetch(
    node: number,
    asked: readonly Asked[],
    metadata: ClusterMetadata,
  ): Promise<readonly Promise<void>[]> {
    const { consumer, connections, options, positions } = this.parts;
    const request = {
      node,
      connectionPool: connections,
      minBytes: 1,
      maxWaitTime: this.maxWaitMs,
      maxBytes: options.maxBytes ?? 4_194_304,
      topics: byTopic(asked, metadata, options.maxBytesPerPartition ?? 524_288),
    };
    const response = await consumer.fetch(request).catch((error: unknown) => this.usable(error));
    if (positions.isVoid) return [];
    const askedOf = new Map(asked.map((each) => [idOf(each.position, metadata), each]));
    return response.responses.flatMap(({ topicId, partitions }) =>
      partitions.flatMap((answer) => {
        const of = askedOf.get(`${topicId}/${answer.partitionIndex}`);
        if (of === undefined || this.isObsolete(of)) return [];
        if (answer.errorCode === OFFSET_OUT_OF_RANGE) return [this.startOver(of)];
        const batch = fetchedBatch(of.position, of.offset, answer);
        return batch === null ? [] : [this.handOver(of, batch)];
      }),
    );
  }

  /** An answer in which nothing worse happened than that offsets are outside of their logs. */
  private usable(error: unknown): FetchResponse {
    const response = partialFetch(error);
    const codes = response?.responses.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)) ?? [];
    const acceptable = codes.every((code) => code === 0 || code === OFFSET_OUT_OF_RANGE);
    if (response === undefined || response.errorCode !== 0 || !acceptable) throw error;
    return response;
  }

  // The log was cut off or replaced. Its owner decides what that means, so it is told even if there is no record left.
  private async startOver(asked: Asked): Promise<void> {
    const { topic, partition } = asked.position;
    const [earliest, latest] = await Promise.all([
      this.logOffset(asked.position, ListOffsetTimestamps.EARLIEST),
      this.logOffset(asked.position, ListOffsetTimestamps.LATEST),
    ]);
    if (this.isObsolete(asked)) return;
    const batch = { topic, partition, position: earliest, nextPosition: earliest, highWatermark: latest, records: [] };
    await this.handOver({ ...asked, offset: earliest }, batch);
  }

  private async logOffset({ topic, partition }: PartitionPosition, timestamp: bigint): Promise<number> {
    const partitions = { [topic]: [partition] };
    const offsets = await this.parts.consumer.listOffsets({ topics: [topic], partitions, timestamp });
    return Number(offsets.get(topic)![partition]);
  }

  private async handOver(asked: Asked, fetched: Omit<FetchedBatch, 'isStale'>): Promise<void> {
    const batch = { ...fetched, isStale: () => this.isVoidFor(asked) };
    this.parts.handling(1);
    try {
      const taken = await this.parts.events.onBatch(batch);
      if (taken && !this.isVoidFor(asked)) asked.position.offset = batch.nextPosition;
    } finally {
      this.parts.handling(-1);
    }
  }

  private isObsolete(asked: Asked): boolean {
    return asked.position.paused || this.isVoidFor(asked);
  }

  private isVoidFor({ position, seeks }: Asked): boolean {
    return this.parts.positions.isVoid || position.seeks !== seeks || !this.parts.isMember();
  }

  private fail(error: unknown): void {
    if (!this.parts.positions.isVoid) this.parts.failed(error);
  }

  private get maxWaitMs(): number {
    return this.parts.options.maxWaitMs ?? DEFAULT_MAX_WAIT_MS;
  }
}

function byLeader(
  positions: readonly PartitionPosition[],
  metadata: ClusterMetadata,
): ReadonlyMap<number, PartitionPosition[]> {
  return Map.groupBy(
    positions,
    ({ topic, partition }) => metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1,
  );
}

function byTopic(asked: readonly Asked[], metadata: ClusterMetadata, partitionMaxBytes: number) {
  const topics = Map.groupBy(asked, ({ position }) => position.topic);
  return [...topics].map(([topic, list]) => ({
    topicId: metadata.topics.get(topic)!.id,
    partitions: list.map(({ position, offset }) => ({
      partition: position.partition,
      fetchOffset: BigInt(offset),
      partitionMaxBytes,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    })),
  }));
}

function idOf({ topic, partition }: PartitionPosition, metadata: ClusterMetadata): string {
  return `${metadata.topics.get(topic)!.id}/${partition}`;
}
