import './servers.setup';

export default async function teardown(): Promise<void> {
  const servers = globalThis.codexTestServers;
  globalThis.codexTestServers = undefined;
  await (await servers)?.stop();
}
