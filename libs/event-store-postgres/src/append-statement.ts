import type { IdempotencyRecord } from '@codex/event-sourcing';
import { binaryArray, type Sql } from '@codex/postgres';

import type { EncodedAppend, EncodedRow } from './encoded-append';

/** What became of one append of a batch. */
export type AppendVerdict =
  | { readonly status: 'appended'; readonly recordedAt: Date }
  | { readonly status: 'conflict'; readonly streams: readonly string[] }
  | { readonly status: 'replayed'; readonly record: IdempotencyRecord };

interface AppendRow {
  readonly no: number;
  readonly status: 0 | 1 | 2;
  readonly stream: string | null;
  readonly fingerprint: string | null;
  readonly response: unknown;
  readonly at: Date | null;
}

const TEXT = `select * from event_store.append(
  $1::int[], $2::text[], $3::int[], $4::text[],
  $5::int[], $6::text[], $7::text[], $8::text[], $9::json[],
  $10::int[], $11::text[], $12::text[], $13::int[], $14::text[], $15::text[], $16::int[], $17::bytea[], $18::jsonb[])`;

/**
 * Stores a batch with one statement. No two appends of it may share a stream or a key. The verdicts come in the order
 * of the appends. On a database error nothing of the batch is stored by this statement.
 */
export async function executeAppends(sql: Sql, appends: readonly EncodedAppend[]): Promise<readonly AppendVerdict[]> {
  const values = [...checkColumns(appends), ...keyColumns(appends), ...rowColumns(appends)];
  const { rows } = await sql.query<AppendRow>({ name: 'event-store-append', text: TEXT, values });
  const recordedAt = rows.find((row) => row.status === 0)!.at!;
  const appended: AppendVerdict = { status: 'appended', recordedAt };
  if (rows.length === 1) return appends.map(() => appended);
  return appends.map((append, no) => {
    const failures = rows.filter((row) => row.status !== 0 && row.no === no);
    return failures.length > 0 ? failureOf(append, failures) : appended;
  });
}

function failureOf({ request }: EncodedAppend, failures: readonly AppendRow[]): AppendVerdict {
  const replay = failures.find((row) => row.status === 2);
  const keys = request.idempotency ?? [];
  // Of several keys some may be new: only the caller, reading again, can tell what is left to do.
  if (replay && keys.length === 1) {
    const record = { ...keys[0]!, fingerprint: replay.fingerprint!, response: replay.response };
    return { status: 'replayed', record };
  }
  const streams = failures.flatMap((row) => row.stream ?? []);
  return { status: 'conflict', streams: streams.length > 0 ? streams : request.streams.map(({ stream }) => stream) };
}

function checkColumns(appends: readonly EncodedAppend[]): Buffer[] {
  const no: number[] = [];
  const stream: string[] = [];
  const expected: number[] = [];
  const tenant: string[] = [];
  appends.forEach(({ request }, index) => {
    for (const append of request.streams) {
      if (append.events.length === 0) continue;
      no.push(index);
      stream.push(append.stream);
      expected.push(append.expectedVersion);
      tenant.push(append.tenantId);
    }
  });
  return [binaryArray.int(no), binaryArray.text(stream), binaryArray.int(expected), binaryArray.text(tenant)];
}

function keyColumns(appends: readonly EncodedAppend[]): Buffer[] {
  const keys = appends.flatMap(({ request }, no) => (request.idempotency ?? []).map((record) => ({ no, record })));
  keys.sort((a, b) => compare(a.record.tenantId, b.record.tenantId) || compare(a.record.key, b.record.key));
  return [
    binaryArray.int(keys.map(({ no }) => no)),
    binaryArray.text(keys.map(({ record }) => record.tenantId)),
    binaryArray.text(keys.map(({ record }) => record.key)),
    binaryArray.text(keys.map(({ record }) => record.fingerprint)),
    binaryArray.json(keys.map(({ record }) => JSON.stringify(record.response ?? null))),
  ];
}

function rowColumns(appends: readonly EncodedAppend[]): Buffer[] {
  const rows = appends.flatMap((append, no) => append.rows.map((row) => ({ no, row })));
  rows.sort((a, b) => byLockOrder(a.row, b.row));
  return [
    binaryArray.int(rows.map(({ no }) => no)),
    binaryArray.text(rows.map(({ row }) => row.kind)),
    binaryArray.text(rows.map(({ row }) => row.stream)),
    binaryArray.int(rows.map(({ row }) => row.version)),
    binaryArray.text(rows.map(({ row }) => row.tenantId)),
    binaryArray.text(rows.map(({ row }) => row.type)),
    binaryArray.int(rows.map(({ row }) => row.schemaId)),
    binaryArray.bytea(rows.map(({ row }) => row.data)),
    binaryArray.jsonb(rows.map(({ row }) => row.metadata)),
  ];
}

/** Events by (stream, version): every writer takes its unique index entries in this order. Messages behind, as sent. */
function byLockOrder(a: EncodedRow, b: EncodedRow): number {
  if (a.version === null || b.version === null) return Number(a.version === null) - Number(b.version === null);
  return compare(a.stream, b.stream) || a.version - b.version;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
