import { codec } from '@codex/contracts';
import { cursorCodec, pageOf, SYSTEM_TENANT, type Page } from '@codex/platform';
import type { Sql } from '@codex/postgres';
import { z } from 'zod';

/** A record as auditors see it. `data` is null once it was erased; the leaf hash stays. */
export interface AuditRecordView {
  readonly index: number;
  readonly leafHash: string;
  readonly recordedAt: string;
  readonly context: string;
  readonly stream: string;
  readonly version: number | null;
  readonly type: string;
  readonly actor: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly outcome: 'accepted' | 'refused';
  readonly data: unknown;
}

export interface AuditFilter {
  readonly stream?: string;
  readonly actor?: string;
  readonly type?: string;
  readonly from?: string;
  readonly to?: string;
  readonly correlationId?: string;
  readonly outcome?: 'accepted' | 'refused';
}

/** The cursor of audit records: the index. */
export const auditCursor = cursorCodec(z.number().int().min(0));

interface AuditRow extends Omit<AuditRecordView, 'leafHash' | 'data' | 'index' | 'recordedAt'> {
  readonly index: string;
  readonly leafHash: Buffer;
  readonly recordedTime: Date;
  readonly schemaId: number;
  readonly data: Buffer | null;
}

const SELECT = `select index, leaf_hash as "leafHash", recorded_time as "recordedTime", context, stream, version, type, actor,
  correlation_id as "correlationId", causation_id as "causationId", outcome, schema_id as "schemaId", data from audit.records`;

/** Records of a tenant and of the system itself that match, newest first. `from` is inclusive, `to` exclusive. */
export async function listAuditRecords(
  sql: Sql,
  page: { readonly tenantId: string; readonly first: number; readonly after: number | undefined },
  filter: AuditFilter,
): Promise<Page<AuditRecordView>> {
  const conditions: readonly (readonly [sql: string, value: unknown])[] = [
    ['tenant_id = any(?::uuid[])', [page.tenantId, SYSTEM_TENANT]],
    ['index < ?::bigint', page.after],
    ['stream = ?', filter.stream],
    ['actor = ?', filter.actor],
    ['type = ?', filter.type],
    ['recorded_time >= ?::timestamptz', filter.from],
    ['recorded_time < ?::timestamptz', filter.to],
    ['correlation_id = ?', filter.correlationId],
    ['outcome = ?', filter.outcome],
  ];
  const given = conditions.filter(([, value]) => value !== undefined);
  const where = given.map(([text], index) => text.replace('?', `$${index + 1}`)).join(' and ');
  const values = [...given.map(([, value]) => value), page.first + 1];
  const { rows } = await sql.query<AuditRow>(
    `${SELECT} where ${where} order by index desc limit $${values.length}`,
    values,
  );
  return pageOf(rows, page.first, { item: recordView, cursor: (row) => auditCursor.encode(Number(row.index)) });
}

function recordView(row: AuditRow): AuditRecordView {
  const { schemaId, recordedTime, ...record } = row;
  return {
    ...record,
    index: Number(row.index),
    leafHash: row.leafHash.toString('hex'),
    recordedAt: recordedTime.toISOString(),
    data: row.data === null ? null : codec.decode(schemaId, row.data).data,
  };
}
