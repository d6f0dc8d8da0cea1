import { VersionConflict, type MessageCodec, type NewEvent, type StreamId } from '@codex/event-sourcing';
import type { Sql } from '@codex/postgres';

import { isLostRace } from './append-race';
import { executeAppends } from './append-statement';
import { ensureEra } from './backend';
import { encodeAppend } from './encoded-append';

/** Events to put behind whatever their stream holds. */
export interface Addition {
  readonly stream: StreamId;
  /** Of a new stream; one that exists keeps its own. */
  readonly tenantId: string;
  readonly events: readonly NewEvent[];
}

/**
 * Adds facts that nothing was decided on to streams, inside a transaction that somebody else opened, on any connection to
 * a database that `eventStoreMigrations` prepared. They are stored with its commit, which is durable even where commits
 * of that connection are not. No two additions may share a stream. Inline projections don't see these events, and no
 * listener is told: the relay finds them when it looks.
 *
 * Errors: {@link VersionConflict} when another writer was first; the transaction must be rolled back and may be repeated.
 */
export async function appendWithin(sql: Sql, codec: MessageCodec, additions: readonly Addition[]): Promise<void> {
  if (additions.length === 0) return;
  await ensureEra(sql);
  await sql.query(`select set_config('synchronous_commit', 'on', true)`);
  const heads = await headsOf(
    sql,
    additions.map(({ stream }) => stream),
  );
  const appends = additions.map(({ stream, tenantId, events }) => {
    const head = heads.get(stream) ?? { version: 0, tenantId };
    const commandId = events[0]?.metadata.commandId ?? '';
    const place = { stream, tenantId: head.tenantId, expectedVersion: head.version };
    return encodeAppend(codec, { commandId, streams: [{ ...place, events }] });
  });
  const conflict = new VersionConflict(additions.map(({ stream }) => stream));
  try {
    const verdicts = await executeAppends(sql, appends);
    if (verdicts.some(({ status }) => status !== 'appended')) throw conflict;
  } catch (error) {
    throw isLostRace(error) ? conflict : error;
  }
}

interface Head {
  readonly version: number;
  readonly tenantId: string;
}

async function headsOf(sql: Sql, streams: readonly StreamId[]): Promise<ReadonlyMap<StreamId, Head>> {
  const { rows } = await sql.query<Head & { readonly stream: StreamId }>(
    `select u.stream, e.version, e.tenant_id as "tenantId" from unnest($1::text[]) u(stream)
       cross join lateral (select version, tenant_id from event_store.events e
         where e.stream = u.stream and e.version is not null order by e.version desc limit 1) e`,
    [streams],
  );
  return new Map(rows.map((row) => [row.stream, row]));
}
