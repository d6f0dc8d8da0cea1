import type { PartitionOffsets } from '@codex/kafka-messaging';
import type { Sql } from '@codex/postgres';
import { generationGroup } from './generation';
import type { Projection } from './projection';

/** Next offset by `topic/partition`. */
export type Offsets = ReadonlyMap<string, number>;

/** How far a consumer group has stored a partition. */
export interface OffsetPlace {
  readonly topic: string;
  readonly partition: number;
  readonly stored: number;
}

/** What a generation has processed so far of the topics of its projection; not of those that they took the place of. */
export async function offsetsOf(
  sql: Sql,
  { name, topics }: Pick<Projection, 'name' | 'topics'>,
  generation: number,
): Promise<Offsets> {
  const places = await offsetPlaces(sql, generationGroup(name, generation));
  const read = places.filter(({ topic }) => topics.includes(topic));
  return new Map(read.map(({ topic, partition, stored }) => [offsetKey(topic, partition), stored]));
}

/** The same, place by place. */
export async function offsetPlaces(sql: Sql, group: string): Promise<readonly OffsetPlace[]> {
  const { rows } = await sql.query<{ topic: string; partition: number; next_offset: string }>(
    'select topic, partition, next_offset from inbox.offsets where consumer_group = $1',
    [group],
  );
  return rows.map(({ topic, partition, next_offset }) => ({ topic, partition, stored: Number(next_offset) }));
}

/** Where the logs of topics end. */
export function offsetsAt(
  ends: readonly { readonly topic: string; readonly offsets: readonly PartitionOffsets[] }[],
): Offsets {
  return new Map(
    ends.flatMap(({ topic, offsets }) =>
      offsets.map(({ partition, latest }) => [offsetKey(topic, partition), latest] as const),
    ),
  );
}

/** The larger offset of two generations, partition by partition. */
export function furthest(a: Offsets, b: Offsets): Offsets {
  const keys = new Set([...a.keys(), ...b.keys()]);
  return new Map([...keys].map((key) => [key, Math.max(a.get(key) ?? 0, b.get(key) ?? 0)]));
}

/** How many messages `offsets` is short of `target`. */
export function shortOf(offsets: Offsets, target: Offsets): number {
  let missing = 0;
  for (const [key, offset] of target) missing += Math.max(0, offset - (offsets.get(key) ?? 0));
  return missing;
}

/** All messages up to these offsets. */
export function sizeOf(offsets: Offsets): number {
  let size = 0;
  for (const offset of offsets.values()) size += offset;
  return size;
}

/** Where `offsets` end in a partition; a partition that is not in it ends at 0. */
export function endIn(offsets: Offsets, topic: string, partition: number): number {
  return offsets.get(offsetKey(topic, partition)) ?? 0;
}

function offsetKey(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
