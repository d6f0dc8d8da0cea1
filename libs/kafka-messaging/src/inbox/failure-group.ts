import type { Sql } from '@codex/postgres';

import { DeadLetterNotParked } from './inbox-errors';
import type { ReleaseResult } from './queue-drain';

/** What became of the dead letters of one failure group of one consumer. */
export interface GroupResult {
  /** Dead letters that are dealt with. */
  readonly settled: number;
  /** Dead letters that failed again. */
  readonly parkedAgain: number;
  /** Dead letters of the group that are parked now: new ones, those that failed again, and those there was no time for. */
  readonly remaining: number;
}

/** Some parked letters of a group. `now` is the database's clock. */
export interface OpenLetters {
  readonly ids: readonly string[];
  readonly count: number;
  readonly now: Date;
}

export interface GroupSteps {
  /** Letters last touched before this time, longest ago first; of all times when null. */
  next(before: Date | null): Promise<OpenLetters>;
  one(id: string): Promise<ReleaseResult>;
  readonly until: number;
}

const CHUNK = 50;

/** Deals with each letter that is parked now once, until it is done or the time is up. */
export async function settleGroup({ next, one, until }: GroupSteps): Promise<GroupResult> {
  let [settled, parkedAgain] = [0, 0];
  let open = await next(null);
  const { now: start } = open;
  while (open.ids.length > 0 && Date.now() < until) {
    for (const id of open.ids) {
      if (Date.now() >= until) break;
      const isSettled = await settledOne(id, one);
      if (isSettled === true) settled++;
      if (isSettled === false) parkedAgain++;
    }
    open = await next(start);
  }
  return { settled, parkedAgain, remaining: open.count };
}

// Null: somebody else was first.
async function settledOne(id: string, one: GroupSteps['one']): Promise<boolean | null> {
  try {
    return (await one(id)).parkedBy !== id;
  } catch (error) {
    if (error instanceof DeadLetterNotParked) return null;
    throw error;
  }
}

/** Parked letters of a group, longest untouched first, and how many there are of it in all. */
export async function openLetters(
  sql: Sql,
  { group, failureGroup, before }: { group: string; failureGroup: string; before: Date | null },
): Promise<OpenLetters> {
  const { rows } = await sql.query<OpenLetters>(
    `select clock_timestamp() as now, (select count(*)::int from inbox.dead_letters
         where consumer_group = $1 and failure_group = $2 and status = 'parked') as count,
       array(select id::text from inbox.dead_letters
         where consumer_group = $1 and failure_group = $2 and status = 'parked'
           and ($3::timestamptz is null or last_at < $3) order by last_at, id limit ${CHUNK}) as ids`,
    [group, failureGroup, before],
  );
  return rows[0]!;
}
