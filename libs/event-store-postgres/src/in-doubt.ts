import { isConnectionLoss, type Sql } from '@codex/postgres';
import type { Pool } from 'pg';

import type { Backend } from './backend';
import type { EncodedAppend } from './encoded-append';

/** How long the database may stay away before its answer is given up. */
export const SETTLE_WITHIN_MS = 8000;
const PAUSE_MS = 50;

const STORED = `
  select (select true from event_store.events e where e.stream = $1 and e.version = $2 and e.metadata ->> 'messageId' = $3)
    or (select true from event_store.events e where e.stream = $1 and $2::int is null and e.version is null
      and e.metadata ->> 'messageId' = $3 limit 1) as stored`;

/**
 * After a connection was lost with a batch on it: ends the server process that may still be committing, waits until it is
 * gone, and then looks whether the batch was stored. An append is found by its first message's id, which only this attempt has.
 *
 * Resolves to null when the database stays away for too long, and nobody can know.
 */
export async function settleInDoubt(
  { pool, withinMs }: { readonly pool: Pool; readonly withinMs: number },
  backend: Backend,
  appends: readonly EncodedAppend[],
): Promise<readonly boolean[] | null> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    try {
      if (await isGone(pool, backend)) return await lookUp(pool, appends);
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return null;
}

async function isGone(sql: Sql, { pid, startedAt }: Backend): Promise<boolean> {
  const { rowCount } = await sql.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and backend_start = $2::timestamptz',
    [pid, startedAt],
  );
  return rowCount === 0;
}

async function lookUp(sql: Sql, appends: readonly EncodedAppend[]): Promise<readonly boolean[]> {
  const stored: boolean[] = [];
  for (const append of appends) stored.push(await isStored(sql, append));
  return stored;
}

// A request of idempotency rows alone has no message. Taking it for not stored is safe: the repeat finds its key.
async function isStored(sql: Sql, { rows: [first] }: EncodedAppend): Promise<boolean> {
  if (first === undefined) return false;
  const { messageId } = JSON.parse(first.metadata) as { messageId: string };
  const { rows } = await sql.query<{ stored: boolean | null }>(STORED, [first.stream, first.version, messageId]);
  return rows[0]?.stored === true;
}
