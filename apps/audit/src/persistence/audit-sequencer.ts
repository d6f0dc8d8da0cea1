import { randomBytes } from 'node:crypto';
import type { ConsumedMessage } from '@codex/kafka-messaging';
import { binaryArray, type Sql } from '@codex/postgres';
import { dataHash, leafHash, type AuditEntry } from '../domain/audit-entry';

const SALT_BYTES = 16;
const TOPIC = /^(?<context>[a-z-]+)\.(events|replies)\.v1/;

interface Sealed {
  readonly entry: AuditEntry;
  readonly salt: Buffer;
  readonly leaf: Buffer;
  readonly data: Buffer;
}

/**
 * Gives messages the next indexes of the one gapless sequence and stores them with their leaf hashes, in the caller's
 * transaction. The counter's row is locked until that transaction ends, so indexes never have a gap and never go back.
 * A refusal that was recorded already (the relay may publish it twice) is not recorded again.
 */
export async function recordMessages(sql: Sql, messages: readonly ConsumedMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const salts = randomBytes(SALT_BYTES * messages.length);
  const sealed = messages.map((message, i) => seal(message, salts.subarray(SALT_BYTES * i, SALT_BYTES * (i + 1))));
  const fresh = await withoutKnownRefusals(sql, sealed);
  if (fresh.length > 0) await insert(sql, fresh);
}

function seal(message: ConsumedMessage, salt: Buffer): Sealed {
  const { id: messageId, tenantId, stream, version, type, schemaId, actor, correlationId, causationId } = message;
  const about = { messageId, tenantId, stream, version, type, schemaId, actor, correlationId, causationId };
  const entry: AuditEntry = {
    ...about,
    context: TOPIC.exec(message.topic)!.groups!.context!,
    outcome: message.kind === 'reply' ? 'refused' : 'accepted',
    recordedAt: message.recordedAt,
    dataHash: dataHash(salt, message.raw),
  };
  return { entry, salt, leaf: leafHash(entry), data: message.raw };
}

async function withoutKnownRefusals(sql: Sql, sealed: readonly Sealed[]): Promise<readonly Sealed[]> {
  const refusals = sealed.filter(({ entry }) => entry.version === null).map(({ entry }) => entry.messageId);
  if (refusals.length === 0) return sealed;
  // Under the lock of the counter nobody else records the same refusal meanwhile.
  await sql.query('select from audit.sequence for update');
  const { rows } = await sql.query<{ message_id: string }>(
    'select message_id from audit.records where version is null and message_id = any($1::text[])',
    [refusals],
  );
  const seen = new Set(rows.map((row) => row.message_id));
  return sealed.filter(({ entry }) => {
    if (entry.version !== null) return true;
    if (seen.has(entry.messageId)) return false;
    seen.add(entry.messageId);
    return true;
  });
}

interface Column {
  readonly name: string;
  /** What the parameter's elements become. */
  readonly as: string;
  readonly of: (sealed: readonly Sealed[]) => Buffer;
}

const text = (name: string, of: (entry: AuditEntry) => string, as = 'text'): Column => ({
  ...{ name, as },
  of: (sealed) => binaryArray.text(sealed.map(({ entry }) => of(entry))),
});
const int = (name: string, of: (entry: AuditEntry) => number | null): Column => ({
  ...{ name, as: 'int' },
  of: (sealed) => binaryArray.int(sealed.map(({ entry }) => of(entry))),
});
const bytes = (name: string, of: (sealed: Sealed) => Buffer): Column => ({
  ...{ name, as: 'bytea' },
  of: (sealed) => binaryArray.bytea(sealed.map(of)),
});

const COLUMNS: readonly Column[] = [
  bytes('leaf_hash', ({ leaf }) => leaf),
  text('message_id', ({ messageId }) => messageId),
  text('tenant_id', ({ tenantId }) => tenantId, 'uuid'),
  text('context', ({ context }) => context),
  text('stream', ({ stream }) => stream),
  int('version', ({ version }) => version),
  text('type', ({ type }) => type),
  int('schema_id', ({ schemaId }) => schemaId),
  text('actor', ({ actor }) => actor),
  text('correlation_id', ({ correlationId }) => correlationId),
  text('causation_id', ({ causationId }) => causationId),
  text('outcome', ({ outcome }) => outcome),
  text('recorded_at', ({ recordedAt }) => recordedAt),
  text('recorded_time', ({ recordedAt }) => recordedAt, 'timestamptz'),
  bytes('salt', ({ salt }) => salt),
  text('data_hash', (entry) => entry.dataHash),
  bytes('data', ({ data }) => data),
];
const NAMES = COLUMNS.map(({ name }) => name).join(', ');
const sent = (as: string): string => (as === 'int' || as === 'bytea' ? as : 'text');
const INSERT = `with taken as (update audit.sequence set next_index = next_index + $1 returning next_index - $1 as first)
  insert into audit.records (index, ${NAMES})
  select taken.first + u.n - 1, ${COLUMNS.map(({ name, as }) => `u.${name}::${as}`).join(', ')}
  from taken, unnest(${COLUMNS.map(({ as }, index) => `$${index + 2}::${sent(as)}[]`).join(', ')})
    with ordinality as u(${NAMES}, n)`;

/** Takes as many indexes as there are records, and stores them; the counter's row stays locked. */
async function insert(sql: Sql, sealed: readonly Sealed[]): Promise<void> {
  const values = [sealed.length, ...COLUMNS.map((column) => column.of(sealed))];
  await sql.query({ name: 'insert_audit_records', text: INSERT, values });
}
