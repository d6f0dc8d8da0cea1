import { codec } from '@codex/contracts';
import { kafkajsDriver } from '@codex/kafka-messaging';
import { createPool } from '@codex/postgres';
import { appendProjection, foldProjection, ProjectionHost, type Projection } from '@codex/projections';
import { serverAddresses } from '@codex/testing';
import type { Pool } from 'pg';
import type { Sighting } from './histories';

type CountRow = { id: string; events: number; version: number };
type LogRow = { stream: string; version: number };

/** A count of each stream, which a double effect makes too large, and a log that a gap or a repeat shows in. */
function projectionsOn(topic: string): readonly Projection[] {
  const place = { schema: 'storm', version: 1, topics: [topic], category: 'Service' };
  const counts = foldProjection<CountRow>({
    ...place,
    name: 'counts',
    key: ['id'],
    columns: { id: 'uuid', events: 'integer', version: 'integer' },
    keyOf: (stream) => stream.slice('Service-'.length),
    evolve: (row, { stream, version }) => ({
      id: stream.slice('Service-'.length),
      events: (row?.events ?? 0) + 1,
      version,
    }),
  });
  const log = appendProjection<LogRow>({
    ...place,
    name: 'log',
    key: ['stream', 'version'],
    streamColumn: 'stream',
    columns: { stream: 'text', version: 'integer' },
    rowsOf: ({ stream, version }) => [{ stream, version }],
  });
  return [counts, log];
}

/** A replica of a projector on its own connections. */
export async function projectionReplica(
  databaseUrl: string,
  topic: string,
): Promise<{ readonly stop: () => Promise<void> }> {
  const pool = createPool({ connectionString: databaseUrl, applicationName: 'storm-projections', maxConnections: 6 });
  const driver = kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'storm-projections' });
  const host = new ProjectionHost({ pool, driver, codec, projections: projectionsOn(topic) });
  await host.start();
  return { stop: () => host.stop().then(() => pool.end()) };
}

/** What the read models say, to be compared with what was published. */
export async function projected(pool: Pool): Promise<{ readonly log: readonly Sighting[]; readonly counted: number }> {
  const log = await pool.query<Sighting>('select stream, version from storm.log order by stream, version');
  const counts = await pool.query<{ counted: number }>(
    'select coalesce(sum(events), 0)::int as counted from storm.counts',
  );
  return { log: log.rows, counted: counts.rows[0]!.counted };
}
