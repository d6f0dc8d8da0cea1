import type { Chore, Sql } from '@codex/postgres';

/** How long the event store keeps what is not an event. Events are never removed. */
export interface EventStoreRetention {
  /** Idempotency rows: how long a repeated command is known. */
  readonly idempotencyMs: number;
  /** Commands and replies that every relay of the database has published. */
  readonly messagesMs: number;
}

const COMMANDS = `
  delete from event_store.commands where ctid = any (array(
    select c.ctid from event_store.commands c where c.at < clock_timestamp() - $1 * interval '1 ms'
    order by c.at limit $2 for update skip locked))`;

// In front of every cursor: a relay that fell behind still finds what it has not published. None without any relay.
const MESSAGES = `
  delete from event_store.events where ctid = any (array(
    select e.ctid from event_store.events e,
      (select r.era, r.xid, r.position from event_store.relay_cursors r order by r.era, r.xid, r.position limit 1) published
    where e.version is null and e.recorded_at < clock_timestamp() - $1 * interval '1 ms'
      and (e.era, e.xid, e.position) <= (published.era, published.xid, published.position)
    order by e.recorded_at limit $2 for update of e skip locked))`;

/** What a housekeeper does in the schema `event_store`. */
export function eventStoreChores({ idempotencyMs, messagesMs }: EventStoreRetention): readonly Chore[] {
  return [
    { name: 'idempotency_rows', run: (tx, limit) => removed(tx, COMMANDS, [idempotencyMs, limit]) },
    { name: 'published_messages', run: (tx, limit) => removed(tx, MESSAGES, [messagesMs, limit]) },
  ];
}

async function removed(tx: Sql, text: string, values: unknown[]): Promise<number> {
  // The planner must not take an empty table for a small one: the plan of its first days would be kept for ever.
  await tx.query('set local enable_seqscan = off');
  return (await tx.query(text, values)).rowCount ?? 0;
}
