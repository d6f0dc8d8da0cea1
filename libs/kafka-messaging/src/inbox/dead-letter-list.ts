import type { Sql } from '@codex/postgres';

export type DeadLetterStatus = 'parked' | 'redriven' | 'discarded';

/** A message that could not be processed, as operators see it. */
export interface DeadLetter {
  readonly id: string;
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly stream: string;
  readonly version: number | null;
  readonly type: string | null;
  readonly messageId: string | null;
  readonly code: string;
  readonly reason: string;
  /** Failures with the same cause share it. */
  readonly failureGroup: string;
  readonly status: DeadLetterStatus;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** Why it was redriven or discarded, in the operator's words. */
  readonly resolution: string | null;
  /** The operator who did that. */
  readonly resolvedBy: string | null;
  /** Messages that wait behind it. */
  readonly queued: number;
}

export interface DeadLetterFilter {
  readonly group?: string;
  readonly status?: DeadLetterStatus;
  readonly failureGroup?: string;
  readonly id?: string;
  /** Only letters with an id below this one: the next page. */
  readonly before?: string;
  readonly limit?: number;
}

/** Dead letters of a database, newest first. */
export async function listDeadLetters(sql: Sql, filter: DeadLetterFilter = {}): Promise<readonly DeadLetter[]> {
  const { rows } = await sql.query<DeadLetter>(
    `select d.id, d.consumer_group as "group", d.topic, d.partition, d."offset", d.stream, d.version, d.type,
            d.message_id as "messageId", d.code, d.reason, d.failure_group as "failureGroup", d.status, d.count,
            d.first_at as "firstAt", d.last_at as "lastAt", d.resolution,
            d.resolved_by as "resolvedBy",
            case when d.status = 'parked' then (select count(*)::int from inbox.parked p
              where p.consumer_group = d.consumer_group and p.topic = d.topic and p.stream = d.stream) else 0 end as queued
       from inbox.dead_letters d
      where ($1::text is null or d.consumer_group = $1) and ($2::text is null or d.status = $2)
        and ($3::text is null or d.failure_group = $3) and ($4::uuid is null or d.id = $4)
        and ($5::uuid is null or d.id < $5)
      order by d.id desc limit $6`,
    [
      filter.group ?? null,
      filter.status ?? null,
      filter.failureGroup ?? null,
      filter.id ?? null,
      filter.before ?? null,
      filter.limit ?? 100,
    ],
  );
  return rows;
}

/** How many entities of each group are parked now. */
export async function countParked(sql: Sql): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql.query<{ group: string; count: number }>(
    `select consumer_group as "group", count(*)::int as count from inbox.dead_letters where status = 'parked' group by 1`,
  );
  return new Map(rows.map(({ group, count }) => [group, count]));
}
