import { binaryArray, type Sql } from '@codex/postgres';

import type { BatchPlan, Guard, InboxState } from '../consumer/batch-plan';
import { parkingKey } from '../consumer/batch-plan';
import { isPassedOver, type BatchItem } from '../consumer/batch-item';
import type { OwnedPartition } from '../consumer/assignment';
import type { TopicPartition } from '../driver/kafka-driver';
import { ConsumerFenced } from './inbox-errors';

/** An offset that moves when a batch commits. */
export interface OffsetMove {
  readonly partition: OwnedPartition;
  readonly to: number;
}

interface Membership {
  readonly group: string;
  /** Unique for every life of a consumer. */
  readonly owner: string;
}

/** Takes the partitions over: every earlier owner is fenced from here on. New ones start at offset 0. */
export async function claimPartitions(
  sql: Sql,
  { group, owner }: Membership,
  partitions: readonly TopicPartition[],
): Promise<OwnedPartition[]> {
  const { rows } = await sql.query<{
    topic: string;
    partition: number;
    next_offset: string;
    epoch: string;
    source_eras: Readonly<Record<string, number>>;
    log: number;
  }>({
    name: 'inbox-claim',
    text: `insert into inbox.offsets as o (consumer_group, topic, partition, next_offset, epoch, owner)
           select $1, u.topic, u.partition, 0, 1, $2
             from unnest($3::text[], $4::int[]) u(topic, partition) order by u.topic, u.partition
           on conflict (consumer_group, topic, partition) do update set epoch = o.epoch + 1, owner = excluded.owner
           returning topic, partition, next_offset, epoch, source_eras, coalesce((select l.incarnation from inbox.logs l
             where l.consumer_group = o.consumer_group and l.topic = o.topic), 0) as log`,
    values: [group, owner, partitions.map(({ topic }) => topic), partitions.map(({ partition }) => partition)],
  });
  return rows.map(({ topic, partition, next_offset, epoch, source_eras, log }) => {
    const stored = Number(next_offset);
    const eras = new Map(Object.entries(source_eras));
    return { topic, partition, log, epoch: Number(epoch), eras, stored, expected: stored };
  });
}

/** Lets a group that has not begun with a partition begin at an offset. Changes nothing for one that has. */
export async function beginAt(
  sql: Sql,
  group: string,
  { topic, partition, offset }: TopicPartition & { readonly offset: number },
): Promise<void> {
  await sql.query(
    `insert into inbox.offsets (consumer_group, topic, partition, next_offset, epoch, owner)
     values ($1, $2, $3, $4, 0, 'begin-at') on conflict do nothing`,
    [group, topic, partition, offset],
  );
}

/** Guards and parked entities of these items; parked ones stay locked until the transaction ends. */
export async function openBatch(sql: Sql, group: string, items: readonly BatchItem[]): Promise<InboxState> {
  const entities = new Map<string, { topic: string; entity: string }>();
  const streams = new Set<string>();
  for (const item of items) {
    if (isPassedOver(item)) continue;
    const { entity, partition, message } = item;
    entities.set(parkingKey(partition.topic, entity), { topic: partition.topic, entity });
    if (message?.kind === 'event') streams.add(message.stream);
  }
  const keys = [...entities.values()];
  const { rows } = await sql.query<{ topic: string | null; stream: string; version: number; event_id: string }>({
    name: 'inbox-open-batch',
    text: 'select topic, stream, version, event_id from inbox.open_batch($1, $2, $3, $4)',
    values: [
      group,
      binaryArray.text(keys.map(({ topic }) => topic)),
      binaryArray.text(keys.map(({ entity }) => entity)),
      binaryArray.text([...streams]),
    ],
  });
  const guards = new Map<string, Guard>();
  const parked = new Set<string>();
  for (const { topic, stream, version, event_id } of rows) {
    if (topic === null) guards.set(stream, { version, eventId: event_id });
    else parked.add(parkingKey(topic, stream));
  }
  return { guards, parked };
}

/** Stores guards and offsets. Throws {@link ConsumerFenced} when an offset is not ours to move; roll back then. */
export async function closeBatch(
  sql: Sql,
  { group, owner }: Membership,
  { guards, moves }: { readonly guards: BatchPlan['guards']; readonly moves: readonly OffsetMove[] },
): Promise<void> {
  const { rows } = await sql.query<{ moved: number }>({
    name: 'inbox-close-batch',
    text: 'select inbox.close_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as moved',
    values: [
      group,
      owner,
      binaryArray.text([...guards.keys()]),
      binaryArray.int([...guards.values()].map(({ version }) => version)),
      binaryArray.text([...guards.values()].map(({ eventId }) => eventId)),
      moves.map(({ partition }) => partition.topic),
      moves.map(({ partition }) => partition.partition),
      moves.map(({ partition }) => partition.epoch),
      moves.map(({ partition }) => partition.stored),
      moves.map(({ to }) => to),
    ],
  });
  if (rows[0]?.moved !== moves.length) throw new ConsumerFenced(group);
}

/** Remembers in which era the sources of partitions are. Rare: for a new source, and when a database moved. */
export async function storeEras(
  sql: Sql,
  group: string,
  eras: BatchPlan<BatchItem<OwnedPartition>>['eras'],
): Promise<void> {
  const partitions = [...eras.keys()];
  await sql.query(
    `update inbox.offsets o set source_eras = o.source_eras || u.eras
       from unnest($2::text[], $3::int[], $4::jsonb[]) u(topic, partition, eras)
      where o.consumer_group = $1 and o.topic = u.topic and o.partition = u.partition`,
    [
      group,
      partitions.map(({ topic }) => topic),
      partitions.map(({ partition }) => partition),
      [...eras.values()].map((begun) => JSON.stringify(Object.fromEntries(begun))),
    ],
  );
}

/** How far each partition of the items moves once they are dealt with. */
export function offsetMoves(items: readonly BatchItem<OwnedPartition>[]): readonly OffsetMove[] {
  const moves = new Map<OwnedPartition, number>();
  for (const { partition, record } of items) moves.set(partition, record.offset + 1);
  return [...moves].map(([partition, to]) => ({ partition, to }));
}
