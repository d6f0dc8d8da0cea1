import type { Consumer, ConsumerGroupJoinEvent, EachBatchPayload, Kafka } from 'kafkajs';

import type { ConsumerEvents, ConsumerOptions, TopicPartition } from '../driver/kafka-driver';
import type { GroupDesk } from '../driver/group-desk';
import type { ConsumerSession } from '../driver/restarting-consumer';
import { fetchedBatch } from './fetched-batch';
import { type Cluster, cutOff, cutOffFetches, JoinRefused, observedAssigner } from './kafkajs-joins';

// More than any member's partitions: the batches of one fetch are handed over together, so that they can be gathered.
const CONCURRENT_PARTITIONS = 128;
const STALL_MS = 30_000;
const DISPOSE_MS = 5_000;
/** A broker answers at once who asks for a member id. */
const MEMBER_ID_MS = 1_000;

/**
 * One life of a kafkajs consumer: connect, join, consume, until it fails, stalls, or is told to end. kafkajs's own
 * restart is switched off; a failed consumer is replaced by a new session, because a restarted one may keep dead sockets.
 */
export class KafkajsSession implements ConsumerSession {
  readonly ended: Promise<Error | null>;
  joined = false;
  memberId: string | null = null;
  private readonly consumer: Consumer;
  private end!: (reason: Error | null) => void;
  private live = true;
  /** In a generation of the group: no join is under way. */
  private settled = false;
  private cluster: Cluster | null = null;
  /** Pending while the broker is asked for a member id. */
  private memberIdKnown = Promise.withResolvers<void>();
  private starting: Promise<void> = Promise.resolve();
  private generation = 0;
  private handling = 0;
  private lastSignOfLife = Date.now();
  private watchdog: NodeJS.Timeout | undefined;

  constructor(
    kafka: Kafka,
    private readonly options: ConsumerOptions,
    private readonly parts: { readonly events: ConsumerEvents; readonly desk: GroupDesk },
  ) {
    this.ended = new Promise((resolve) => (this.end = resolve));
    this.memberIdKnown.resolve();
    this.consumer = kafka.consumer({
      groupId: options.group,
      allowAutoTopicCreation: false,
      sessionTimeout: options.sessionTimeoutMs ?? 10_000,
      rebalanceTimeout: options.sessionTimeoutMs ?? 10_000,
      heartbeatInterval: this.heartbeatIntervalMs,
      partitionAssigners: [
        observedAssigner({
          onCluster: (cluster) => (this.cluster = cluster),
          onJoinRequest: (memberId) => this.onJoinRequest(memberId),
        }),
      ],
      minBytes: 1,
      maxWaitTimeInMs: options.maxWaitMs ?? 2_000,
      maxBytesPerPartition: options.maxBytesPerPartition ?? 524_288,
      maxBytes: options.maxBytes ?? 4_194_304,
      retry: {
        retries: 5,
        initialRetryTime: 100,
        maxRetryTime: 1_000,
        factor: 0.2,
        multiplier: 2,
        restartOnFailure: async () => false,
      },
    });
  }

  start(): Promise<void> {
    this.starting = this.connectAndRun();
    return this.starting;
  }

  /** Ends the session; `reason` null when it was asked for. */
  finish(reason: Error | null): void {
    this.live = false;
    this.end(reason);
  }

  async dispose(): Promise<void> {
    this.live = false;
    clearInterval(this.watchdog);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise((resolve) => (timer = setTimeout(resolve, DISPOSE_MS)));
    await Promise.race([this.takeDown(), limit]);
    clearTimeout(timer);
  }

  private async connectAndRun(): Promise<void> {
    const { GROUP_JOIN, REBALANCING, FETCH_START, FETCH, CRASH } = this.consumer.events;
    this.consumer.on(GROUP_JOIN, (event) => this.onJoin(event));
    this.consumer.on(REBALANCING, () => this.onRebalancing());
    this.consumer.on(FETCH_START, () => this.onFetchStart());
    this.consumer.on(FETCH, () => this.onFetch());
    this.consumer.on(CRASH, ({ payload }) => this.finish(payload.error));
    await this.consumer.connect();
    if (!this.live) return;
    await this.consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
    if (!this.live) return;
    this.watchdog = setInterval(() => this.watch(), STALL_MS / 4);
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
      eachBatch: (payload) => this.eachBatch(payload),
    });
  }

  private async takeDown(): Promise<void> {
    if (!this.settled) await this.untilMemberIdKnown();
    const { settled, cluster } = this;
    const leaving = this.consumer.disconnect().catch(() => undefined);
    if (cluster !== null) cutOffFetches(cluster);
    if (!settled && cluster !== null) {
      cutOff(cluster);
      await this.leaveWhileJoining();
    }
    await leaving;
    await this.starting.catch(() => undefined);
    // What it has set up after all.
    await this.consumer.disconnect().catch(() => undefined);
  }

  // A group waits for who has an id and has not joined yet, until that one's session ends. So it must be told.
  private async untilMemberIdKnown(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, MEMBER_ID_MS)));
    await Promise.race([this.memberIdKnown.promise, limit]);
    clearTimeout(timer);
  }

  // kafkajs leaves only a group that it has joined; otherwise it would be waited for until its session ends.
  private async leaveWhileJoining(): Promise<void> {
    const { memberId } = this;
    if (memberId !== null) await this.parts.desk.remove(this.options.group, [memberId]).catch(() => undefined);
  }

  seek({ topic, partition }: TopicPartition, offset: number): void {
    this.whileJoined(() => this.consumer.seek({ topic, partition, offset: String(offset) }));
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.whileJoined(() => this.consumer.pause(byTopic(partitions)));
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.whileJoined(() => this.consumer.resume(byTopic(partitions)));
  }

  async commitOffsets(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    if (!this.live || !this.joined) return;
    await this.consumer.commitOffsets(offsets.map((each) => ({ ...each, offset: String(each.offset) })));
  }

  private get heartbeatIntervalMs(): number {
    return this.options.heartbeatIntervalMs ?? 2_000;
  }

  // kafkajs goes on joining although it is told to stop, as another member, who would be waited for until its session ends.
  private onJoinRequest(memberId: string): void {
    this.settled = false;
    this.memberId = memberId === '' ? null : memberId;
    if (memberId !== '' || !this.live) this.memberIdKnown.resolve();
    if (!this.live) throw new JoinRefused();
    if (memberId === '') this.memberIdKnown = Promise.withResolvers();
  }

  // Listeners are called synchronously, so nothing is fetched between the join and `onAssigned`.
  private onJoin({ payload }: ConsumerGroupJoinEvent): void {
    if (!this.live) return;
    this.joined = this.settled = true;
    this.memberId = payload.memberId;
    this.generation++;
    this.lastSignOfLife = Date.now();
    const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, list]) =>
      list.map((partition) => ({ topic, partition })),
    );
    this.parts.events.onAssigned(partitions);
  }

  private onRebalancing(): void {
    this.settled = false;
    if (!this.live) return;
    this.generation++;
    this.lastSignOfLife = Date.now();
    this.parts.events.onRevoked();
  }

  // kafkajs gives a join up when the coordinator is loading, as after a restart of Kafka, and goes on as the member it was.
  // The broker may agree to that, so nobody would ever be assigned anything again.
  private onFetchStart(): void {
    if (this.live && !this.settled) this.finish(new Error('kafkajs fetches although it has not joined again'));
  }

  private onFetch(): void {
    this.lastSignOfLife = Date.now();
    if (this.live) this.parts.events.onFetch();
  }

  private async eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    if (!this.live) return;
    const generation = this.generation;
    const isVoid = (): boolean => !this.live || generation !== this.generation || !isRunning() || isStale();
    this.handling++;
    try {
      const taken = await this.keepAlive(this.parts.events.onBatch(fetchedBatch(batch, isVoid)), heartbeat);
      if (taken && this.live && generation === this.generation) resolveOffset(batch.lastOffset());
    } finally {
      this.handling--;
      this.lastSignOfLife = Date.now();
    }
  }

  // kafkajs beats only between batches. Its error (a rebalance, mostly) must reach kafkajs, which then joins again.
  private async keepAlive(work: Promise<boolean>, heartbeat: () => Promise<void>): Promise<boolean> {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const tick = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), this.heartbeatIntervalMs);
      });
      const taken = await Promise.race([work, tick]);
      clearTimeout(timer);
      if (taken !== undefined) return taken;
      await heartbeat();
    }
  }

  private watch(): void {
    if (this.handling > 0 || Date.now() - this.lastSignOfLife < STALL_MS) return;
    this.finish(new Error(`kafkajs has not fetched for ${STALL_MS} ms`));
  }

  private whileJoined(action: () => void): void {
    if (this.live && this.joined) action();
  }
}

function byTopic(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  return [...topics].map(([topic, list]) => ({ topic, partitions: list }));
}
