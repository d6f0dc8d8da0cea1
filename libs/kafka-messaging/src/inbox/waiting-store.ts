import type { Sql } from '@codex/postgres';

import type { OwnedPartition } from '../consumer/assignment';
import type { BatchItem } from '../consumer/batch-item';
import type { TopicPartition } from '../driver/kafka-driver';
import type { FailureReport } from './failure-report';
import { storedHeaders, type StoredHeaders, type StoredRecord } from './stored-record';

/** A message that a partition waits at, because handling it fails again and again without being at fault. */
export interface WaitingMessage {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly eventId: string;
  readonly stream: string;
  readonly version: number | null;
  readonly type: string;
  readonly code: string;
  readonly reason: string;
  readonly failureGroup: string;
  readonly since: Date;
  readonly lastAt: Date;
  /** Tries of this message alone. */
  readonly attempts: number;
}

/** The same with the record itself. */
export interface WaitingRecord extends WaitingMessage, StoredRecord {
  readonly headers: StoredHeaders;
}

const COLUMNS = `w.consumer_group as "group", w.topic, w.partition, w."offset", w.message_id as "eventId", w.stream, w.version,
  w.type, w.code, w.reason, w.failure_group as "failureGroup", w.since, w.last_at as "lastAt", w.attempts`;
/** A consumer that moved on may leave its note behind: only a note made at the stored offset counts. */
const STANDS = `inbox.waiting w join inbox.offsets o on o.consumer_group = w.consumer_group and o.topic = w.topic
  and o.partition = w.partition and o.next_offset = w.next_offset`;

/**
 * Notes that a partition waits at this message. False when the partition is not ours any more, or its offset was moved
 * by somebody else.
 */
export async function noteWaiting(
  sql: Sql,
  { group, owner }: { readonly group: string; readonly owner: string },
  { item, failure }: { readonly item: BatchItem<OwnedPartition>; readonly failure: FailureReport },
): Promise<boolean> {
  const { partition, record, message } = item;
  const { rowCount } = await sql.query(
    `insert into inbox.waiting as w (consumer_group, topic, partition, next_offset, "offset", message_id, stream, version,
       type, code, reason, failure_group, since, last_at, attempts, key, value, headers)
     select o.consumer_group, o.topic, o.partition, o.next_offset, $7, $8, $9, $10, $11, $12, $13, $14,
       clock_timestamp(), clock_timestamp(), 1, $15, $16, $17
       from inbox.offsets o where o.consumer_group = $1 and o.topic = $2 and o.partition = $3
        and o.owner = $4 and o.epoch = $5 and o.next_offset = $6
     on conflict (consumer_group, topic, partition) do update set
       attempts = case when w."offset" = excluded."offset" then w.attempts + 1 else 1 end,
       since = case when w."offset" = excluded."offset" then w.since else excluded.since end,
       next_offset = excluded.next_offset, "offset" = excluded."offset", message_id = excluded.message_id,
       stream = excluded.stream, version = excluded.version, type = excluded.type, code = excluded.code,
       reason = excluded.reason, failure_group = excluded.failure_group, last_at = excluded.last_at,
       key = excluded.key, value = excluded.value, headers = excluded.headers`,
    [
      ...[group, partition.topic, partition.partition, owner, partition.epoch, partition.stored],
      ...[record.offset, message!.id, item.entity, message!.version, message!.type],
      ...[failure.code, failure.reason, failure.failureGroup],
      ...[record.key, record.value, JSON.stringify(storedHeaders(record.headers))],
    ],
  );
  return rowCount === 1;
}

/** Forgets that these partitions wait. */
export async function forgetWaiting(sql: Sql, group: string, partitions: readonly TopicPartition[]): Promise<void> {
  await sql.query(
    `delete from inbox.waiting w using unnest($2::text[], $3::int[]) u(topic, partition)
      where w.consumer_group = $1 and w.topic = u.topic and w.partition = u.partition`,
    [group, partitions.map(({ topic }) => topic), partitions.map(({ partition }) => partition)],
  );
}

/** Partitions of a group with a note, whether it still counts or not. */
export async function notedPartitions(sql: Sql, group: string): Promise<readonly TopicPartition[]> {
  const { rows } = await sql.query<{ topic: string; partition: number }>(
    'select topic, partition from inbox.waiting where consumer_group = $1',
    [group],
  );
  return rows;
}

/** The messages that partitions of this database wait at, longest first. */
export async function listWaiting(sql: Sql): Promise<readonly WaitingMessage[]> {
  const { rows } = await sql.query<WaitingMessage>(`select ${COLUMNS} from ${STANDS} order by w.since`);
  return rows;
}

/** The message that a partition waits at, which can't move on until the transaction ends. */
export async function lockWaiting(
  sql: Sql,
  group: string,
  { topic, partition }: TopicPartition,
): Promise<WaitingRecord | undefined> {
  const { rows } = await sql.query<WaitingRecord>(
    `select ${COLUMNS}, w.key, w.value, w.headers, coalesce((select l.incarnation from inbox.logs l
       where l.consumer_group = w.consumer_group and l.topic = w.topic), 0) as log from ${STANDS}
      where w.consumer_group = $1 and w.topic = $2 and w.partition = $3 for update of o`,
    [group, topic, partition],
  );
  return rows[0];
}

/** Moves a partition past a message. Its owner finds out at its next attempt and takes the partition over anew. */
export async function movePast(sql: Sql, group: string, at: TopicPartition & { offset: number }): Promise<void> {
  await sql.query(
    'update inbox.offsets set next_offset = $4 where consumer_group = $1 and topic = $2 and partition = $3',
    [group, at.topic, at.partition, at.offset + 1],
  );
  await forgetWaiting(sql, group, [at]);
}
