import { hash } from 'node:crypto';

/** What is proved about one message. Everything but the body itself, which is in it only as a salted hash. */
export interface AuditEntry {
  readonly messageId: string;
  readonly tenantId: string;
  readonly context: string;
  readonly stream: string;
  /** Null for refusals. */
  readonly version: number | null;
  readonly type: string;
  readonly schemaId: number;
  readonly actor: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly outcome: 'accepted' | 'refused';
  /** RFC 3339 as the database of the service recorded it, up to microseconds. */
  readonly recordedAt: string;
  /** SHA-256(salt ‖ body), hex. Without the salt, nobody can confirm a guess of an erased body. */
  readonly dataHash: string;
}

const LEAF_PREFIX = Buffer.of(0x00);

/** SHA-256(salt ‖ body), hex. */
export function dataHash(salt: Buffer, body: Buffer): string {
  return hash('sha256', Buffer.concat([salt, body]), 'hex');
}

/**
 * The bytes that are hashed: JSON with the keys in alphabetical order, no white space, UTF-8. Changing this makes every
 * proof of the past worthless.
 */
export function canonicalEntry(entry: AuditEntry): Buffer {
  const { actor, causationId, context, correlationId, dataHash: hashOfData, messageId, outcome } = entry;
  const { recordedAt, schemaId, stream, tenantId, type, version } = entry;
  const first = { actor, causationId, context, correlationId, dataHash: hashOfData, messageId, outcome };
  return Buffer.from(JSON.stringify({ ...first, recordedAt, schemaId, stream, tenantId, type, version }), 'utf8');
}

/** RFC 6962 leaf hash: SHA-256(0x00 ‖ canonical entry). */
export function leafHash(entry: AuditEntry): Buffer {
  return hash('sha256', Buffer.concat([LEAF_PREFIX, canonicalEntry(entry)]), 'buffer');
}
