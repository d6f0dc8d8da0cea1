import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as uuid } from 'uuid';
import { writeFileAtomically } from '../atomic-file';
import { databaseRoles } from '../postgres/databases';

export const callerRoles = ['admin', 'operator', 'auditor', 'member', 'agent'] as const;
export type CallerRole = (typeof callerRoles)[number];

/** Kept between starts, because the data of the tenant and the roles in the database are kept too. */
export interface Credentials {
  readonly tenantId: string;
  readonly superuserPassword: string;
  readonly databasePasswords: Readonly<Record<string, string>>;
  readonly apiKeys: Readonly<Record<CallerRole, { readonly key: string; readonly actor: string }>>;
}

/** Those of an earlier start, else new random ones, in a file that only its owner may read. */
export function loadCredentials(stateDir: string): Credentials {
  const file = join(stateDir, 'credentials.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Credentials;
  const credentials = newCredentials();
  writeFileAtomically(file, JSON.stringify(credentials, null, 2));
  return credentials;
}

/** What the gateway knows about the keys: their hashes. Returns the path. */
export function writeApiKeysFile(stateDir: string, { tenantId, apiKeys }: Credentials): string {
  const entries = callerRoles.map((role) => ({
    id: `key-${role}`,
    sha256: createHash('sha256').update(apiKeys[role].key).digest('hex'),
    tenantId,
    roles: [role],
    actor: apiKeys[role].actor,
  }));
  const file = join(stateDir, 'api-keys.json');
  writeFileAtomically(file, JSON.stringify(entries, null, 2));
  return file;
}

export interface TokenKeys {
  /** JWK as JSON; only the gateway gets it. */
  readonly privateKey: string;
  readonly publicKey: string;
}

/** For the tokens between gateway and services; new at each start, so an old token dies with its system. */
export function newTokenKeys(): TokenKeys {
  const pair = generateKeyPairSync('ed25519');
  const named = { alg: 'EdDSA', kid: randomBytes(8).toString('hex') };
  return {
    privateKey: JSON.stringify({ ...pair.privateKey.export({ format: 'jwk' }), ...named }),
    publicKey: JSON.stringify({ ...pair.publicKey.export({ format: 'jwk' }), ...named }),
  };
}

function newCredentials(): Credentials {
  const secret = (): string => randomBytes(24).toString('hex');
  const keyOf = (role: CallerRole) => ({ key: `codex_${role}_${secret()}`, actor: uuid() });
  return {
    tenantId: uuid(),
    superuserPassword: secret(),
    databasePasswords: Object.fromEntries(databaseRoles.map((role) => [role, secret()])),
    apiKeys: Object.fromEntries(callerRoles.map((role) => [role, keyOf(role)])) as Credentials['apiKeys'],
  };
}
