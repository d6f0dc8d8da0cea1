import type { Sql } from '@codex/postgres';
import { newestFirst, newestFirstCursorOf, readNewest, type EdgePage, type ListRequest } from './page';
import { readPagesOfParents, type ParentPage } from './pages-of-parents';

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface ArtifactView {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A work item as clients see it. */
export interface WorkItemView {
  readonly id: string;
  readonly projectId: string;
  readonly title: string;
  readonly description: string | null;
  readonly state: string;
  readonly priority: number;
  readonly toolRecipe: unknown;
  readonly dependsOn: readonly string[];
  readonly requiresApproval: boolean;
  readonly notBefore: Date | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly timeoutMs: number | null;
  readonly creation: { readonly processId: string; readonly status: string; readonly step: string | null };
  readonly currentRunId: string | null;
  readonly result: unknown;
  readonly error: Failure | null;
  readonly artifacts: readonly ArtifactView[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

export interface WorkItemFilter {
  readonly projectId?: string;
  readonly state?: string;
  /** `key:value` pairs that must all be there. */
  readonly labels?: Readonly<Record<string, string>>;
}

type WorkItemRow = Omit<WorkItemView, 'creation' | 'error'> & {
  processId: string;
  processStatus: string | null;
  steps: readonly { name: string; status: string }[] | null;
  errorCode: string | null;
  errorMessage: string | null;
};

const COLUMNS = `w.id, w.project_id as "projectId", w.title, w.description, w.state, w.priority, w.tool_recipe as "toolRecipe",
  w.depends_on as "dependsOn", w.requires_approval as "requiresApproval", w.not_before as "notBefore", w.labels, w.attempt,
  w.max_attempts as "maxAttempts", w.timeout_ms as "timeoutMs", w.process_id as "processId", w.current_run_id as "currentRunId",
  w.result, w.error_code as "errorCode", w.error_message as "errorMessage", w.artifacts, w.created_by as "createdBy",
  w.created_at as "createdAt", w.updated_at as "updatedAt", w.version, c.status as "processStatus", c.steps`;
const FROM = 'from work_item.work_items w left join work_item.processes c on c.id = w.process_id';
const SELECT = `select ${COLUMNS} ${FROM}`;

export async function listWorkItems(
  sql: Sql,
  request: ListRequest,
  filter: WorkItemFilter,
): Promise<EdgePage<WorkItemView>> {
  const where = [
    { sql: 'w.tenant_id = ?', value: request.tenantId },
    { sql: 'w.project_id = ?::uuid', value: filter.projectId },
    { sql: 'w.state = ?', value: filter.state },
    { sql: 'w.labels @> ?::jsonb', value: filter.labels && JSON.stringify(filter.labels) },
  ];
  return readNewest<WorkItemRow, WorkItemView>(sql, { select: SELECT, where, alias: 'w', ...request }, workItemView);
}

/** Work items of many projects with one statement; the pages' filter is a state. */
export function listWorkItemsOfProjects(
  sql: Sql,
  tenantId: string,
  pages: readonly ParentPage[],
): Promise<EdgePage<WorkItemView>[]> {
  const columns = { tenantColumn: 'w.tenant_id', parentColumn: 'w.project_id', filterColumn: 'w.state' };
  const query = { columns: COLUMNS, from: FROM, ...columns, ...newestFirst('w') };
  return readPagesOfParents<WorkItemRow, WorkItemView>(
    sql,
    query,
    { tenantId, pages },
    { item: workItemView, cursor: newestFirstCursorOf },
  );
}

/** The work items with these ids that belong to the tenant, in no order. */
export async function findWorkItems(
  sql: Sql,
  tenantId: string,
  ids: readonly string[],
): Promise<readonly WorkItemView[]> {
  const { rows } = await sql.query<WorkItemRow>({
    name: 'find_work_items',
    text: `${SELECT} where w.tenant_id = $1 and w.id = any($2::uuid[])`,
    values: [tenantId, ids],
  });
  return rows.map(workItemView);
}

function workItemView(row: WorkItemRow): WorkItemView {
  const { processId, processStatus, steps, errorCode, errorMessage, ...item } = withoutPlace(row);
  const current = steps?.find(
    ({ status }) => status === 'running' || status === 'failed' || status === 'compensation_failed',
  );
  return {
    ...item,
    creation: { processId, status: processStatus ?? 'running', step: current?.name ?? null },
    error: errorCode === null ? null : { code: errorCode, message: errorMessage ?? '' },
  };
}

function withoutPlace(row: WorkItemRow): WorkItemRow {
  const { wish: _wish, place: _place, ...item } = row as WorkItemRow & { wish?: number; place?: string };
  return item;
}
