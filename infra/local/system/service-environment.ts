import { join } from 'node:path';
import { databaseUrl } from '../postgres/databases';
import type { Credentials, TokenKeys } from './credentials';
import { AGENT, GATEWAY, type Instance, services, urlVariable } from './services';

export interface SystemWiring {
  readonly stateDir: string;
  readonly superuserUrl: string;
  readonly kafkaBrokers: readonly string[];
  readonly credentials: Credentials;
  readonly tokenKeys: TokenKeys;
  readonly apiKeysFile: string;
  readonly instances: readonly Instance[];
}

/** Settings of the launcher itself, which mean something else to a service. */
const LAUNCHER_ONLY = ['DATABASE_URL', 'KAFKA_BROKERS', 'PORT', 'HOST', 'INFRA', 'INTERNAL_TOKEN_PRIVATE_KEY'];

/** The launcher's own environment (so LOG_LEVEL, OTEL_… and the like reach every service) and what is only for this one. */
export function environmentOf(instance: Instance, wiring: SystemWiring): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !LAUNCHER_ONLY.includes(name) && !name.startsWith('npm_'),
  );
  return {
    ...Object.fromEntries(inherited),
    // Compiled code from the last start: half of a service's start is compiling what never changes.
    NODE_COMPILE_CACHE: join(wiring.stateDir, 'compile-cache'),
    HOST: '127.0.0.1',
    PORT: String(instance.port),
    ...(instance.service.app === AGENT ? agentSettings(instance, wiring) : serviceSettings(instance, wiring)),
  };
}

/** Where a service stores; undefined when it does not. */
export function databaseUrlOf({ service }: Instance, wiring: SystemWiring): string | undefined {
  if (service.database === undefined) return undefined;
  const user = service.role ?? service.database;
  const password = wiring.credentials.databasePasswords[user] ?? '';
  return databaseUrl(wiring.superuserUrl, service.database, { user, password });
}

export function urlOf(app: string, instances: readonly Instance[]): string {
  const port = instances.find((instance) => instance.name === app)?.port;
  return `http://127.0.0.1:${port}`;
}

function serviceSettings(instance: Instance, wiring: SystemWiring): NodeJS.ProcessEnv {
  const database = databaseUrlOf(instance, wiring);
  const urls = services
    .filter(({ app }) => app !== GATEWAY)
    .map(({ app }) => [urlVariable(app), urlOf(app, wiring.instances)]);
  return {
    KAFKA_BROKERS: wiring.kafkaBrokers.join(','),
    KAFKA_INSTANCE_ID: instance.name,
    ...(database === undefined ? {} : { DATABASE_URL: database }),
    INTERNAL_TOKEN_PUBLIC_KEY: wiring.tokenKeys.publicKey,
    ...Object.fromEntries(urls),
    ...(instance.service.app === GATEWAY
      ? { INTERNAL_TOKEN_PRIVATE_KEY: wiring.tokenKeys.privateKey, API_KEYS_FILE: wiring.apiKeysFile }
      : {}),
  };
}

function agentSettings(instance: Instance, wiring: SystemWiring): NodeJS.ProcessEnv {
  return {
    GATEWAY_URL: urlOf(GATEWAY, wiring.instances),
    AGENT_API_KEY: wiring.credentials.apiKeys.agent.key,
    AGENT_NAME: `local-${instance.name}`,
    AGENT_WORKSPACE: join(wiring.stateDir, 'workspaces', instance.name),
  };
}
