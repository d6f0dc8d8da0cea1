import { type BaseOptions, ConnectionPool, Consumer, type ConsumerGroupJoinPayload } from '@platformatic/kafka';

import type { ConsumerEvents, ConsumerOptions, TopicPartition } from '../driver/kafka-driver';
import type { GroupDesk } from '../driver/group-desk';
import type { ConsumerSession } from '../driver/restarting-consumer';
import { DEFAULT_MAX_WAIT_MS, Fetcher } from './fetcher';
import { commitAs, type Member, onJoining } from './membership';
import { Positions } from './positions';
import { startingOffsets } from './starting-offsets';

const STALL_MS = 30_000;
const DISPOSE_MS = 5_000;
const MEMBER_ID_POLL_MS = 10;

/** kafkajs's own, so that members of both drivers can share a group while one replaces the other. */
const ASSIGNMENT_PROTOCOL = { name: 'RoundRobinAssigner', version: 0 };

/**
 * One life of the client's consumer. The client joins, beats and joins again after a rebalance; fetching is ours, because
 * its stream hands over single messages and holds neither positions nor batches.
 */
export class PlatformaticSession implements ConsumerSession {
  readonly ended: Promise<Error | null>;
  joined = false;
  private readonly consumer: Consumer;
  private readonly endListening: () => void;
  private readonly starting = Promise.withResolvers<void>();
  private end!: (reason: Error | null) => void;
  private live = true;
  private member: Member | null = null;
  private lastMemberId: string | null = null;
  private fetcher: Fetcher | null = null;
  private positions = new Positions([]);
  private handling = 0;
  private lastSignOfLife = Date.now();
  private watchdog: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: BaseOptions,
    private readonly options: ConsumerOptions,
    private readonly parts: { readonly events: ConsumerEvents; readonly desk: GroupDesk },
  ) {
    this.ended = new Promise((resolve) => (this.end = resolve));
    const sessionTimeout = options.sessionTimeoutMs ?? 10_000;
    this.consumer = new Consumer({
      ...client,
      // A join is answered when all members have joined, which the broker waits for as long as a session.
      requestTimeout: Math.max(client.requestTimeout ?? 0, sessionTimeout + 5_000),
      groupId: options.group,
      sessionTimeout,
      rebalanceTimeout: sessionTimeout,
      heartbeatStallTimeout: sessionTimeout,
      heartbeatInterval: options.heartbeatIntervalMs ?? 2_000,
      protocols: [ASSIGNMENT_PROTOCOL],
      autocommit: false,
    });
    this.endListening = onJoining(this.consumer, () => this.revoke());
  }

  get memberId(): string | null {
    return this.lastMemberId;
  }

  async start(): Promise<void> {
    const { consumer } = this;
    consumer.on('consumer:group:join', (payload) => this.onJoin(payload));
    consumer.on('consumer:group:rebalance', () => this.revoke());
    consumer.on('consumer:heartbeat:stalled', ({ lastError }) => {
      this.finish(new Error('the broker has not answered a heartbeat for a session', { cause: lastError }));
    });
    (consumer as NodeJS.EventEmitter).on('error', (error: Error) => this.finish(error));
    this.watchdog = setInterval(() => this.watch(), STALL_MS / 4);
    try {
      consumer.topics.trackAll(...this.options.topics);
      await consumer.joinGroup({});
    } finally {
      this.starting.resolve();
    }
  }

  finish(reason: Error | null): void {
    this.live = false;
    this.fetcher?.close();
    this.end(reason);
  }

  async dispose(): Promise<void> {
    this.finish(null);
    clearInterval(this.watchdog);
    this.endListening();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, DISPOSE_MS, false)));
    const isOver = await Promise.race([this.leave().then(isTrue, isTrue), limit]);
    clearTimeout(timer);
    // A client that waits for an answer would keep its connections, and the process that has it alive.
    if (!isOver) void this.consumer.connections.close().catch(() => undefined);
  }

  seek(partition: TopicPartition, offset: number): void {
    this.positions.seek(partition, offset);
    this.fetcher?.wake();
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.positions.pause(partitions, true);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.positions.pause(partitions, false);
    this.fetcher?.wake();
  }

  async commitOffsets(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    if (this.member !== null) await commitAs(this.consumer, this.member, offsets);
  }

  private onJoin({ memberId, generationId, assignments }: ConsumerGroupJoinPayload): void {
    this.fetcher?.close();
    if (!this.live) return;
    this.joined = true;
    this.lastMemberId = memberId;
    this.member = { memberId, generationId: generationId! };
    this.lastSignOfLife = Date.now();
    // A leader that is configured for other topics assigns those to everybody.
    const partitions = (assignments ?? [])
      .filter(({ topic }) => this.options.topics.includes(topic))
      .flatMap(({ topic, partitions: list }) => list.map((partition) => ({ topic, partition })));
    this.positions = new Positions(partitions);
    this.fetcher = this.newFetcher(this.positions);
    this.parts.events.onAssigned(partitions);
    void this.begin(this.fetcher, this.positions);
  }

  // Whoever seeks at once needs no committed offsets; asking for them first would delay nobody but them.
  private async begin(fetcher: Fetcher, positions: Positions): Promise<void> {
    try {
      const unknown = positions.unknown();
      const offsets = unknown.length === 0 ? [] : await startingOffsets(this.consumer, unknown);
      for (const { position, offset } of offsets) position.offset ??= offset;
      fetcher.wake();
    } catch (error) {
      if (!positions.isVoid) this.finish(asError(error));
    }
  }

  private revoke(): void {
    if (!this.live || this.member === null) return;
    this.member = null;
    this.fetcher?.close();
    this.lastSignOfLife = Date.now();
    this.parts.events.onRevoked();
  }

  private newFetcher(positions: Positions): Fetcher {
    const { client, consumer, options } = this;
    const { events } = this.parts;
    const requestTimeout = (options.maxWaitMs ?? DEFAULT_MAX_WAIT_MS) + 10_000;
    return new Fetcher({
      consumer,
      connections: new ConnectionPool(client.clientId, { ...client, requestTimeout }),
      options,
      positions,
      events: { onBatch: (batch) => events.onBatch(batch), onFetch: () => this.onFetch() },
      isMember: () => this.live && consumer.isActive(),
      failed: (error) => this.finish(asError(error)),
      handling: (count) => {
        this.handling += count;
        this.lastSignOfLife = Date.now();
      },
    });
  }

  private onFetch(): void {
    this.lastSignOfLife = Date.now();
    this.parts.events.onFetch();
  }

  private async leave(): Promise<void> {
    const { consumer } = this;
    if (this.member === null) await this.leaveWhileJoining();
    await consumer.close(true);
  }

  /** Between two generations, or before the first: the broker may be holding the join back. */
  private async leaveWhileJoining(): Promise<void> {
    const { consumer } = this;
    let over = false;
    void this.starting.promise.then(() => (over = true));
    while (consumer.memberId === null && !over) {
      await new Promise((resolve) => setTimeout(resolve, MEMBER_ID_POLL_MS));
    }
    const { memberId } = consumer;
    if (memberId === null) return;
    this.lastMemberId = memberId;
    await this.parts.desk.remove(this.options.group, [memberId]);
  }

  private watch(): void {
    if (this.handling > 0 || Date.now() - this.lastSignOfLife < STALL_MS) return;
    this.finish(new Error(`nothing was fetched for ${STALL_MS} ms`));
  }
}

const isTrue = (): boolean => true;

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
