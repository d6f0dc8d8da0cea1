import type { RecordedEvent } from '@codex/event-sourcing';
import { withTransaction, type Sql } from '@codex/postgres';
import type { Pool } from 'pg';

import { decodeEvent, type EventDecoder } from '../event-reader';
import { applyInline, type InlineProjection } from '../inline-projection';
import { PostgresRelayReader } from '../postgres-relay-reader';
import type { RelayCursor, RelayRow } from '../relay-reader';
import type { HandledPosition } from './restoration';

/** What a service brings to finish a restoration. */
export interface RestorationFinish {
  readonly decoder: EventDecoder;
  readonly inlineProjections: readonly InlineProjection[];
  /** Called once, in a transaction, with the positions up to which commands were dealt with before. */
  handled(tx: Sql, positions: readonly HandledPosition[]): Promise<void>;
}

/** `none`: nothing to do. `broken`: a restoration broke off, and the table holds a part of the events. */
export type RestorationState = 'none' | 'broken' | 'restored';

/** Whether the event table was restored and the service has to finish it; see {@link finishRestoration}. */
export async function restorationState(sql: Sql): Promise<RestorationState> {
  const { rows } = await sql.query<{ finished: boolean }>(
    `select finished_at is not null as finished from event_store.restorations
      where replayed_at is null order by finished_at nulls first limit 1`,
  );
  if (rows[0] === undefined) return 'none';
  return rows[0].finished ? 'restored' : 'broken';
}

const CHUNK = 1_000;

/**
 * Fills the tables of the inline projections from all events, in the order in which they were stored, and begins the
 * consumers where they were. Run before anything is appended. In short transactions that remember how far they came:
 * after a crash it goes on there.
 */
export async function finishRestoration(pool: Pool, finish: RestorationFinish): Promise<void> {
  while (await replaySome(pool, finish));
  const client = await pool.connect();
  await withTransaction(client, async () => {
    const restoration = await unfinished(client);
    if (restoration === undefined) return;
    await finish.handled(client, restoration.handled);
    await client.query('update event_store.restorations set replayed_at = clock_timestamp() where era = $1', [
      restoration.era,
    ]);
  });
}

/** False when everything was replayed. */
async function replaySome(pool: Pool, { decoder, inlineProjections }: RestorationFinish): Promise<boolean> {
  const client = await pool.connect();
  return withTransaction(client, async () => {
    const restoration = await unfinished(client);
    if (restoration === undefined) return false;
    const rows = await new PostgresRelayReader(client, 'restoration').readAfter(restoration.cursor, CHUNK);
    if (rows.length === 0) return false;
    await applyInline(client, inlineProjections, eventsOf(rows, decoder));
    const { era, xid, position } = rows.at(-1)!;
    await client.query('update event_store.restorations set replayed_to = $2 where era = $1', [
      restoration.era,
      JSON.stringify({ era, xid, position }),
    ]);
    return true;
  });
}

interface Unfinished {
  readonly era: number;
  readonly handled: readonly HandledPosition[];
  readonly cursor: RelayCursor;
}

// Locked: of two replicas that start together one does it.
async function unfinished(sql: Sql): Promise<Unfinished | undefined> {
  const { rows } = await sql.query<Unfinished>(
    `select era, handled, replayed_to as cursor from event_store.restorations
      where replayed_at is null and finished_at is not null for update`,
  );
  return rows[0];
}

function eventsOf(rows: readonly RelayRow[], decoder: EventDecoder): readonly RecordedEvent[] {
  return rows
    .filter(({ version }) => version !== null)
    .map(({ stream, version, tenantId, schemaId, data, metadata, recordedAt }) =>
      decodeEvent(decoder, stream, {
        ...{ version: version!, tenant_id: tenantId, schema_id: schemaId, data, metadata },
        recorded_at: new Date(recordedAt),
      }),
    );
}
