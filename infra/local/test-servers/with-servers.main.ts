import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { consoleProgress } from '../progress';
import { startTestServers } from './start-test-servers';

/** Runs the command given as arguments with DATABASE_URL and KAFKA_BROKERS of test servers; ends as it ends. */
async function main([command = '', ...args]: readonly string[]): Promise<number> {
  let child: ReturnType<typeof spawn> | undefined;
  const ended = new AbortController();
  const end = (): void => {
    ended.abort();
    child?.kill('SIGTERM');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  process.once('disconnect', end);
  process.channel?.unref();
  const servers = await startTestServers(process.cwd(), consoleProgress());
  try {
    if (ended.signal.aborted) return 1;
    const addresses = { DATABASE_URL: servers.databaseUrl, KAFKA_BROKERS: servers.kafkaBrokers.join(',') };
    child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...addresses } });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    await servers.stop();
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
