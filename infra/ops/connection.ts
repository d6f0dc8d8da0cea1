import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpsError } from './ops-error';

/** Where the system is, and with which key it is asked. */
export interface Connection {
  readonly url: string;
  readonly apiKey: string;
}

export interface ConnectionSources {
  readonly url?: string;
  readonly key?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Holds `.local/system.json` while the system runs. */
  readonly root: string;
}

/** Options first, then CODEX_URL and CODEX_API_KEY, then what the system that runs here says of itself. */
export function findConnection({ url, key, env, root }: ConnectionSources): Connection {
  const given = { url: url ?? env.CODEX_URL, apiKey: key ?? env.CODEX_API_KEY };
  if (given.url !== undefined && given.apiKey !== undefined) {
    return { url: withoutSlash(given.url), apiKey: given.apiKey };
  }
  if (given.url !== undefined) throw new OpsError('--url needs a key: --key or CODEX_API_KEY');
  const local = localSystem(join(root, '.local', 'system.json'));
  return { url: withoutSlash(local.gatewayUrl), apiKey: given.apiKey ?? local.apiKeys.operator };
}

/** What `.local/system.json` says. */
export interface LocalSystem {
  readonly gatewayUrl: string;
  readonly apiKeys: { readonly operator: string };
  readonly kafkaBrokers?: readonly string[];
  /** By service. */
  readonly databases?: Readonly<Record<string, string>>;
}

/** The system that runs here; null when none does. */
export function findLocalSystem(root: string): LocalSystem | null {
  try {
    return localSystem(join(root, '.local', 'system.json'));
  } catch {
    return null;
  }
}

function localSystem(file: string): LocalSystem {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new OpsError(
      'nothing runs here: start the system with `npm start`, or name another one with --url and --key',
      {
        cause,
      },
    );
  }
  const parsed = JSON.parse(text) as Partial<LocalSystem>;
  if (typeof parsed.gatewayUrl === 'string' && typeof parsed.apiKeys?.operator === 'string') {
    return parsed as LocalSystem;
  }
  throw new OpsError(`${file} does not say where the system is`);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
