import {
  type API,
  type Connection,
  type Consumer,
  consumerGroupChannel,
  kGetApi,
  kGetConnection,
} from '@platformatic/kafka';

import type { TopicPartition } from '../driver/kafka-driver';

type Offset = TopicPartition & { readonly offset: number };
type CommitArguments = [groupId: string, generationId: number, memberId: string, instanceId: null, topics: object[]];

/** Who this member is in one generation of its group. */
export interface Member {
  readonly memberId: string;
  readonly generationId: number;
}

/**
 * Commits under the generation in which the offsets were reached. The client's own commit would join again when it is
 * refused and commit the same offsets under the new generation, for partitions that are somebody else's by then.
 */
export async function commitAs(consumer: Consumer, member: Member, offsets: readonly Offset[]): Promise<void> {
  const commit = await apiOf<CommitArguments>(consumer, 'OffsetCommit');
  const connection = await coordinatorConnection(consumer);
  const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, list]) => ({
    name,
    partitions: list.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: null,
    })),
  }));
  await commit.async(connection, consumer.groupId, member.generationId, member.memberId, null, topics);
}

/**
 * Calls `listener` when the client begins to join again: the first that is heard of a membership that the broker no
 * longer knows. Returns what ends it.
 */
export function onJoining(consumer: Consumer, listener: () => void): () => void {
  const { start } = consumerGroupChannel;
  const heard = (event: unknown): void => {
    const { client, operation } = event as { readonly client: unknown; readonly operation: string };
    if (client === consumer && operation === 'joinGroup') listener();
  };
  start.subscribe(heard);
  return () => void start.unsubscribe(heard);
}

function apiOf<Arguments extends unknown[]>(consumer: Consumer, name: string): Promise<API<Arguments, unknown>> {
  return new Promise((resolve, reject) => {
    consumer[kGetApi]<Arguments, unknown>(name, (error, api) => (error === null ? resolve(api!) : reject(error)));
  });
}

async function coordinatorConnection(consumer: Consumer): Promise<Connection> {
  const [coordinatorId, { brokers }] = await Promise.all([
    consumer.findGroupCoordinator(),
    consumer.metadata({ topics: consumer.topics.current }),
  ]);
  const broker = brokers.get(coordinatorId);
  if (broker === undefined) throw new Error(`broker ${coordinatorId} coordinates ${consumer.groupId} but is not known`);
  return new Promise((resolve, reject) => {
    consumer[kGetConnection](broker, (error, connection) => (error === null ? resolve(connection!) : reject(error)));
  });
}
