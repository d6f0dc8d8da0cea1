import { Client } from 'pg';
import type { Journal } from '../../load/journal';
import type { Evidence } from '../evidence';
import { readDeadLetters, readEventStore } from './event-stores';
import { readLog } from './kafka-log';
import { readAuditStore, readReadModels, readRunDesk } from './read-side';

/** Where a system keeps what it knows: the part of `system.json` that matters here. */
export interface Sources {
  readonly kafkaBrokers: readonly string[];
  /** By app. */
  readonly databases: Readonly<Record<string, string>>;
}

/** Same rights, same data as another app's database. */
const READERS = new Set(['query-api']);

/**
 * Reads everything from the outside. Stores are read first, so that what follows from them may be ahead of them and
 * never seems to be missing only because it was read too early.
 */
export async function collectEvidence({ kafkaBrokers, databases }: Sources, journal: Journal): Promise<Evidence> {
  const apps = Object.keys(databases).filter((app) => !READERS.has(app));
  const perApp = await Promise.all(
    apps.map((app) =>
      withClient(databases[app]!, async (client) => ({
        app,
        stored: await readEventStore(client, app),
        parked: await readDeadLetters(client, app),
      })),
    ),
  );
  return {
    stores: new Map(perApp.filter(({ stored }) => stored.length > 0).map(({ app, stored }) => [app, stored])),
    deadLetters: perApp.flatMap(({ parked }) => parked),
    log: await readLog(kafkaBrokers),
    readModels: await withClient(databases['projector']!, readReadModels),
    audit: await withClient(databases['audit']!, readAuditStore),
    runDesk: await withClient(databases['agent-manager']!, readRunDesk),
    journal,
  };
}

async function withClient<T>(connectionString: string, read: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString, application_name: 'auditor' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await read(client);
  } finally {
    await client.end();
  }
}
