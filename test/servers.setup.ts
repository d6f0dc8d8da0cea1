import { resolve } from 'node:path';
import { startTestServers } from '../infra/local/test-servers/start-test-servers';
import type { TestServers } from '../infra/local/test-servers/test-servers';

declare global {
  // eslint-disable-next-line no-var -- the only way to type a property of globalThis
  var codexTestServers: Promise<TestServers> | undefined;
}

/** Jest calls this once for every kind of test that runs and needs servers; all kinds share one set of servers. */
export default async function setup(): Promise<void> {
  globalThis.codexTestServers ??= startTestServers(resolve(__dirname, '..'));
  const servers = await globalThis.codexTestServers;
  process.env['DATABASE_URL'] = servers.databaseUrl;
  process.env['KAFKA_BROKERS'] = servers.kafkaBrokers.join(',');
}
