import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { topicCatalogue, TopicPlaces } from '@codex/contracts';
import { dropDatabases, ensureDatabases } from '../postgres/databases';
import { removePostgresData } from '../postgres/placement';
import type { Progress } from '../progress';
import type { Servers } from '../server-options';
import { deleteTopics, ensureTopics, warmUpGroups } from '../topics';
import type { Credentials } from './credentials';

/** The files of embedded servers and the work folders of agents; keys and passwords stay. */
export function removeEmbeddedData(stateDir: string): void {
  removePostgresData(stateDir);
  for (const folder of ['kafka', 'workspaces']) rmSync(join(stateDir, folder), { recursive: true, force: true });
}

/** Databases, roles and topics, the moved ones by KAFKA_TOPICS; on servers that outlive the system a fresh start empties them here. */
export async function prepareServers(
  servers: Servers,
  credentials: Credentials,
  { fresh, progress }: { readonly fresh: boolean; readonly progress: Progress },
): Promise<void> {
  const moved = process.env['KAFKA_TOPICS'];
  const { definitions } = moved ? TopicPlaces.parse(moved) : new TopicPlaces();
  const topics = [...new Set([...topicCatalogue, ...definitions].map(({ name }) => name))];
  await progress.step('Databases, roles and topics', async () => {
    if (fresh && servers.kind !== 'embedded') {
      await Promise.all([dropDatabases(servers.databaseUrl), deleteTopics(servers.kafkaBrokers, topics)]);
    }
    await Promise.all([
      ensureDatabases(servers.databaseUrl, credentials.databasePasswords),
      ensureTopics(servers.kafkaBrokers, definitions).then(() => warmUpGroups(servers.kafkaBrokers, topics[0] ?? '')),
    ]);
  });
}
