import { runMigrations, type Sql } from '@codex/postgres';
import { eventStoreMigrations } from '../event-table.migration';
import { Restoration, type RestoredMessage } from '../restoration/restoration';

interface StoredRow {
  readonly kind: 'event' | 'reply';
  readonly era: number;
  readonly stream: string;
  readonly version: number | null;
  readonly tenant_id: string;
  readonly type: string;
  readonly schema_id: number;
  readonly data: Buffer;
  readonly metadata: RestoredMessage['metadata'];
  readonly recorded_at: string;
}

/**
 * Restores the event table of `lost` into an empty database, with exactly what is on the topics of a service whose relay
 * was done: events and replies. Nothing else of the lost database comes along. `topic`: the one of its events.
 */
export async function restoreEvents(
  lost: Sql,
  { url, service, topic }: { readonly url: string; readonly service: string; readonly topic: string },
): Promise<void> {
  await runMigrations(url, 'event_store.migrations', eventStoreMigrations);
  const { rows } = await lost.query<StoredRow>(
    `select kind, era, stream, version, tenant_id, type, schema_id, data, metadata,
       to_json(recorded_at) #>> '{}' as recorded_at
     from event_store.events where kind in ('event', 'reply') order by era, xid, position`,
  );
  const restoration = await Restoration.begin({ connectionString: url, applicationName: 'restore' }, service);
  try {
    await restoration.add(
      rows.map(({ tenant_id: tenantId, schema_id: schemaId, recorded_at: recordedAt, ...row }) => ({
        ...row,
        ...{ tenantId, schemaId, recordedAt },
      })),
    );
    await restoration.finish([], topic);
  } finally {
    await restoration.close();
  }
}
