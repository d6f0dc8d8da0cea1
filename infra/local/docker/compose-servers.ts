import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { portOrAnother } from '../ports';
import type { ServerOptions, Servers } from '../server-options';

const WANTED = { kafka: 9092, postgres: 5432, registry: 8081, ui: 8090 } as const;

/**
 * Containers of `docker-compose.kafka.yml`; each state folder has a compose project, with its volumes, of its own.
 * Stopping removes the containers and keeps the volumes.
 */
export async function dockerServers(options: ServerOptions): Promise<Servers> {
  const [kafka, postgres, registry, ui] = await Promise.all(Object.values(WANTED).map(portOrAnother));
  const environment = {
    KAFKA_PORT: String(kafka),
    POSTGRES_PORT: String(postgres),
    POSTGRES_PASSWORD: options.password,
    SCHEMA_REGISTRY_PORT: String(registry),
    KAFKA_UI_PORT: String(ui),
  };
  const compose = (...args: string[]): Promise<void> => runCompose(options, environment, args);
  await options.progress.step('Kafka, PostgreSQL, schema registry and Kafka UI in Docker', () =>
    compose('up', '--detach', '--wait').catch(async (error: unknown) => {
      await compose('down').catch(() => undefined);
      throw error;
    }),
  );
  options.progress.say(`  Kafka UI http://127.0.0.1:${ui}, schema registry http://127.0.0.1:${registry}`);
  return {
    kind: 'docker',
    databaseUrl: `postgres://postgres:${options.password}@127.0.0.1:${postgres}/postgres`,
    kafkaBrokers: [`127.0.0.1:${kafka}`],
    processes: [],
    stop: () => compose('down'),
  };
}

/** Also the volumes: for a start with empty data. */
export async function removeDockerData(options: ServerOptions): Promise<void> {
  const anything = { POSTGRES_PASSWORD: options.password };
  await runCompose(options, anything, ['down', '--volumes']);
}

async function runCompose(
  { root, stateDir }: ServerOptions,
  env: NodeJS.ProcessEnv,
  args: readonly string[],
): Promise<void> {
  const project = `codex-${createHash('sha256').update(stateDir).digest('hex').slice(0, 8)}`;
  const file = join(root, 'docker-compose.kafka.yml');
  const docker = spawn('docker', ['compose', '--file', file, '--project-name', project, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  docker.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  const [code] = (await once(docker, 'exit').catch((error: unknown) => {
    throw new Error('INFRA=docker needs the docker command with compose', { cause: error });
  })) as [number | null];
  if (code !== 0) throw new Error(`docker compose ${args[0]} failed:\n${said}`);
}
