import { cursorCodec } from '@codex/platform';
import type { Sql } from '@codex/postgres';
import { z } from 'zod';
import { cursorTime, readPage, type EdgePage, type ListRequest, type Position } from './page';
import { readPagesOfParents, type ParentPage } from './pages-of-parents';

/** One event about a work item, from whichever context. */
export interface HistoryEventView {
  readonly type: string;
  readonly context: string;
  readonly stream: string;
  readonly version: number;
  readonly occurredAt: Date;
  readonly actor: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly data: unknown;
}

type HistoryRow = HistoryEventView & { recorded: string };

// The cursor needs the full precision of the recorded time; a JavaScript Date would round it to milliseconds.
const COLUMNS = `h.type, h.context, h.stream, h.version, h.occurred_at as "occurredAt",
  to_char(h.occurred_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as recorded,
  h.actor, h.correlation_id as "correlationId", h.causation_id as "causationId", h.data`;
const FROM = 'from history.work_item_history h';

const OLDEST_FIRST = {
  order: [
    { sql: 'h.occurred_at', type: 'timestamptz' },
    { sql: 'h.stream', type: 'text' },
    { sql: 'h.version', type: 'integer' },
  ],
  direction: 'asc',
} as const;
const MAX_VERSION = 2_147_483_647;

/** The cursor of a history: recorded time, stream and version. */
export const historyCursor = cursorCodec<Position>(
  z.tuple([cursorTime, z.string().max(100), z.number().int().min(0).max(MAX_VERSION)]),
);

/** Every event about a work item, oldest first by the database's time of recording, then stream and version. */
export async function listHistory(
  sql: Sql,
  request: ListRequest,
  workItemId: string,
): Promise<EdgePage<HistoryEventView>> {
  const where = [
    { sql: 'h.work_item_id = ?::uuid', value: workItemId },
    { sql: 'h.tenant_id = ?::uuid', value: request.tenantId },
  ];
  return readPage(sql, { select: `select ${COLUMNS} ${FROM}`, where, ...OLDEST_FIRST, ...request }, toEdge);
}

/** {@link listHistory} of many work items with one statement. */
export function listHistories(
  sql: Sql,
  tenantId: string,
  pages: readonly ParentPage[],
): Promise<EdgePage<HistoryEventView>[]> {
  const columns = { tenantColumn: 'h.tenant_id', parentColumn: 'h.work_item_id' };
  return readPagesOfParents(
    sql,
    { columns: COLUMNS, from: FROM, ...columns, ...OLDEST_FIRST },
    { tenantId, pages },
    toEdge,
  );
}

const toEdge = {
  item: ({ type, context, stream, version, occurredAt, ...rest }: HistoryRow): HistoryEventView => {
    const { actor, correlationId, causationId, data } = rest;
    return { type, context, stream, version, occurredAt, actor, correlationId, causationId, data };
  },
  cursor: (row: HistoryRow) => historyCursor.encode([row.recorded, row.stream, row.version]),
};
