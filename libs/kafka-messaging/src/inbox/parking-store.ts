import { newId } from '@codex/event-sourcing';
import type { Sql } from '@codex/postgres';

import type { BatchItem } from '../consumer/batch-item';
import type { FailureReport } from './failure-report';
import { storedHeaders, type StoredRecord } from './stored-record';

/** A dead letter as it was written. `attempts` counts how often its message was parked. */
export interface ParkedLetter {
  readonly id: string;
  readonly attempts: number;
}

/** Writes the dead letter and parks its entity. The same record parked again counts up. */
export async function parkItem(
  sql: Sql,
  group: string,
  item: BatchItem,
  { code, reason, failureGroup }: FailureReport,
): Promise<ParkedLetter> {
  const { record, partition, entity, message } = item;
  const { rows } = await sql.query<ParkedLetter>(
    `insert into inbox.dead_letters as d
       (id, consumer_group, topic, partition, "offset", stream, version, type, message_id, code, reason, failure_group,
        status, count, first_at, last_at, key, value, headers, log)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'parked', 1, clock_timestamp(), clock_timestamp(), $13, $14, $15, $16)
     on conflict (consumer_group, topic, partition, log, "offset") do update
        set status = 'parked', count = d.count + 1, last_at = clock_timestamp(), resolution = null, resolved_by = null,
            code = excluded.code, reason = excluded.reason, failure_group = excluded.failure_group
     returning id, count as attempts`,
    [
      newId(),
      group,
      partition.topic,
      partition.partition,
      record.offset,
      entity,
      message?.version ?? null,
      message?.type ?? null,
      message?.id ?? null,
      code,
      reason,
      failureGroup,
      record.key,
      record.value,
      JSON.stringify(storedHeaders(record.headers)),
      partition.log,
    ],
  );
  const letter = rows[0]!;
  await sql.query(
    `insert into inbox.parked_streams (consumer_group, topic, stream, dead_letter_id) values ($1, $2, $3, $4)
     on conflict (consumer_group, topic, stream) do update set dead_letter_id = excluded.dead_letter_id`,
    [group, partition.topic, entity, letter.id],
  );
  return letter;
}

/** Keeps messages behind a parked one. The same record of the same log twice is one. */
export async function queueItems(sql: Sql, group: string, items: readonly BatchItem[]): Promise<void> {
  await sql.query(
    `insert into inbox.parked (consumer_group, topic, stream, log, partition, "offset", key, value, headers)
     select $1, u.* from unnest($2::text[], $3::text[], $4::int[], $5::int[], $6::bigint[], $7::bytea[], $8::bytea[], $9::jsonb[]) u
     on conflict do nothing`,
    [
      group,
      items.map(({ partition }) => partition.topic),
      items.map(({ entity }) => entity),
      items.map(({ partition }) => partition.log),
      items.map(({ partition }) => partition.partition),
      items.map(({ record }) => record.offset),
      items.map(({ record }) => record.key),
      items.map(({ record }) => record.value),
      items.map(({ record }) => JSON.stringify(storedHeaders(record.headers))),
    ],
  );
}

/** A parked entity of a group. */
export interface ParkedEntity {
  readonly topic: string;
  readonly stream: string;
}

/** Queued messages of an entity, oldest first. */
export async function readQueue(
  sql: Sql,
  group: string,
  entity: ParkedEntity & { limit: number },
): Promise<StoredRecord[]> {
  const { rows } = await sql.query<StoredRecord>(
    `select topic, partition, log, "offset", key, value, headers from inbox.parked
      where consumer_group = $1 and topic = $2 and stream = $3 order by log, partition, "offset" limit $4`,
    [group, entity.topic, entity.stream, entity.limit],
  );
  return rows;
}

export async function dropFromQueue(sql: Sql, group: string, items: readonly BatchItem[]): Promise<void> {
  await sql.query(
    `delete from inbox.parked p using unnest($2::text[], $3::text[], $4::int[], $5::int[], $6::bigint[]) u(topic, stream, log, partition, "offset")
      where p.consumer_group = $1 and p.topic = u.topic and p.stream = u.stream and p.log = u.log
        and p.partition = u.partition and p."offset" = u."offset"`,
    [
      group,
      items.map(({ partition }) => partition.topic),
      items.map(({ entity }) => entity),
      items.map(({ partition }) => partition.log),
      items.map(({ partition }) => partition.partition),
      items.map(({ record }) => record.offset),
    ],
  );
}
