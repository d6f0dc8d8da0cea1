import { codec } from '@codex/contracts';
import type { MessageMetadata } from '@codex/event-sourcing';
import type { Client } from 'pg';
import type { DeadLetter, StoredMessage } from '../evidence';

interface Row extends Pick<StoredMessage, 'kind' | 'stream' | 'version' | 'tenantId' | 'type' | 'schemaId' | 'raw'> {
  readonly metadata: MessageMetadata;
  readonly recordedAt: string;
}

const ROWS = `select kind, stream, version, tenant_id as "tenantId", type, schema_id as "schemaId", data as raw, metadata,
    to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "recordedAt"
  from event_store.events order by era, xid, position`;

/** The whole event table, bodies decoded; nothing when this database has none. */
export async function readEventStore(client: Client, service: string): Promise<readonly StoredMessage[]> {
  if (!(await hasTable(client, 'event_store.events'))) return [];
  const { rows } = await client.query<Row>(ROWS);
  return rows.map((row) => {
    const data = codec.decode(row.schemaId, row.raw).data as StoredMessage['data'];
    return { ...row, service, data };
  });
}

/** What was ever parked here and not discarded by a person; nothing when this database has no inbox. */
export async function readDeadLetters(client: Client, service: string): Promise<readonly DeadLetter[]> {
  if (!(await hasTable(client, 'inbox.dead_letters'))) return [];
  const { rows } = await client.query<Omit<DeadLetter, 'service'>>(
    `select consumer_group as "group", stream, code || ': ' || reason as reason from inbox.dead_letters order by first_at`,
  );
  return rows.map((row) => ({ ...row, service }));
}

async function hasTable(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [name]);
  return rows[0]!.found;
}
