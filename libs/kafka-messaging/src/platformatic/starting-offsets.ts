import { type Consumer, ListOffsetTimestamps } from '@platformatic/kafka';

import type { PartitionPosition } from './positions';

/** Where each partition begins when nobody seeks: at the group's committed offset, else at the start of its log. */
export async function startingOffsets(
  consumer: Consumer,
  positions: readonly PartitionPosition[],
): Promise<readonly { readonly position: PartitionPosition; readonly offset: number }[]> {
  const partitions = byTopic(positions);
  const topics = Object.entries(partitions).map(([topic, list]) => ({ topic, partitions: list }));
  const committed = await consumer.listCommittedOffsets({ topics });
  const without = positions.filter(({ topic, partition }) => (committed.get(topic)?.[partition] ?? -1n) < 0n);
  const earliest =
    without.length === 0
      ? new Map<string, bigint[]>()
      : await consumer.listOffsets({
          topics: Object.keys(byTopic(without)),
          partitions: byTopic(without),
          timestamp: ListOffsetTimestamps.EARLIEST,
        });
  return positions.map((position) => {
    const { topic, partition } = position;
    const offset = without.includes(position) ? earliest.get(topic)![partition] : committed.get(topic)![partition];
    return { position, offset: Number(offset) };
  });
}

function byTopic(positions: readonly PartitionPosition[]): Record<string, number[]> {
  const topics: Record<string, number[]> = {};
  for (const { topic, partition } of positions) (topics[topic] ??= []).push(partition);
  return topics;
}
