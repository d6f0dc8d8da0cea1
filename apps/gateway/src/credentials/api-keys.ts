import { hash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigInvalid } from '@codex/platform';
import { z } from 'zod';
import { knownRoles, type Credential } from './credential';

const apiKey = z.strictObject({
  id: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex'),
  tenantId: z.guid(),
  roles: z.array(z.enum(['admin', 'member', 'operator', 'auditor', 'agent'])).min(1),
  actor: z.string().min(1),
});

/** One key as it is stored: its hash only. */
export type StoredApiKey = z.infer<typeof apiKey>;

interface Entry {
  readonly digest: Buffer;
  readonly credential: Credential;
}

/**
 * API keys by their SHA-256. Keys are random and long, so a plain hash is enough. They are found by a few bytes of the
 * hash and compared in constant time.
 */
export class ApiKeys {
  private readonly entries = new Map<number, Entry[]>();

  constructor(keys: readonly StoredApiKey[]) {
    for (const key of keys) {
      const digest = Buffer.from(key.sha256, 'hex');
      const caller = { actor: key.actor, tenantId: key.tenantId.toLowerCase(), roles: knownRoles(key.roles) };
      const bucket = digest.readUInt32BE(0);
      const entry = { digest, credential: { id: key.id, caller, expiresAtMs: null } };
      this.entries.set(bucket, [...(this.entries.get(bucket) ?? []), entry]);
    }
  }

  /** The credential of a presented key, or null. */
  find(key: string): Credential | null {
    const digest = hash('sha256', key, 'buffer');
    const found = this.entries.get(digest.readUInt32BE(0))?.find((entry) => timingSafeEqual(entry.digest, digest));
    return found?.credential ?? null;
  }
}

/** Reads the key file. Throws {@link ConfigInvalid} with all its mistakes; hashes are not shown. */
export function readApiKeys(file: string): readonly StoredApiKey[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new ConfigInvalid(['API_KEYS_FILE: must name a readable JSON file']);
  }
  const parsed = z.array(apiKey).safeParse(content);
  if (parsed.success) return parsed.data;
  throw new ConfigInvalid(
    parsed.error.issues.map((issue) => `API_KEYS_FILE: ${issue.path.join('.')}: ${issue.message}`),
  );
}
