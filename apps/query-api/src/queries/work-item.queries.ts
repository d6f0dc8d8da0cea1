import type { Sql } from '@codex/postgres';
import { newestFirst, newestFirstCursorOf, readNewest, type Condition, type EdgePage, type ListRequest } from './page';
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

/** What each field of the view is read from. */
const COLUMNS_OF: Readonly<Record<keyof WorkItemView, string>> = {
  id: 'w.id',
  projectId: 'w.project_id as "projectId"',
  title: 'w.title',
  description: 'w.description',
  state: 'w.state',
  priority: 'w.priority',
  toolRecipe: 'w.tool_recipe as "toolRecipe"',
  dependsOn: 'w.depends_on as "dependsOn"',
  requiresApproval: 'w.requires_approval as "requiresApproval"',
  notBefore: 'w.not_before as "notBefore"',
  labels: 'w.labels',
  attempt: 'w.attempt',
  maxAttempts: 'w.max_attempts as "maxAttempts"',
  timeoutMs: 'w.timeout_ms as "timeoutMs"',
  creation: 'w.process_id as "processId", c.status as "processStatus", c.steps',
  currentRunId: 'w.current_run_id as "currentRunId"',
  result: 'w.result',
  error: 'w.error_code as "errorCode", w.error_message as "errorMessage"',
  artifacts: 'w.artifacts',
  createdBy: 'w.created_by as "createdBy"',
  createdAt: 'w.created_at as "createdAt"',
  updatedAt: 'w.updated_at as "updatedAt"',
  version: 'w.version',
};
const COLUMNS = Object.values(COLUMNS_OF).join(', ');
const FROM = 'from work_item.work_items w left join work_item.processes c on c.id = w.process_id';
const SELECT = `select ${COLUMNS} ${FROM}`;

export type WorkItemField = keyof WorkItemView;
/** Every field of a {@link WorkItemView}. */
export const allWorkItemFields: ReadonlySet<WorkItemField> = new Set(Object.keys(COLUMNS_OF) as WorkItemField[]);

/** A list of which only these fields are read, besides what its cursors need: wide rows cost more than long pages. */
export async function listWorkItems(
  sql: Sql,
  request: ListRequest,
  filter: WorkItemFilter,
  fields: ReadonlySet<WorkItemField> = allWorkItemFields,
): Promise<EdgePage<WorkItemView>> {
  const where: readonly Condition[] = [
    { sql: 'w.tenant_id = ?', value: request.tenantId },
    { sql: 'w.project_id = ?::uuid', value: filter.projectId },
    { sql: 'w.state = ?', value: filter.state, skewed: true },
    { sql: 'w.labels @> ?::jsonb', value: filter.labels && JSON.stringify(filter.labels), skewed: true },
  ];
  return readNewest<WorkItemRow, WorkItemView>(
    sql,
    { select: selectOf(fields), where, alias: 'w', ...request },
    workItemView,
  );
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

function selectOf(fields: ReadonlySet<WorkItemField>): string {
  if (fields.size === allWorkItemFields.size) return SELECT;
  const wanted = new Set<WorkItemField>(['id', 'createdAt', ...fields]);
  const columns = [...allWorkItemFields].filter((field) => wanted.has(field)).map((field) => COLUMNS_OF[field]);
  return `select ${columns.join(', ')} ${wanted.has('creation') ? FROM : 'from work_item.work_items w'}`;
}

function workItemView(row: WorkItemRow): WorkItemView {
  const { processId, processStatus, steps, errorCode, errorMessage, ...item } = withoutPlace(row);
  const current = steps?.find(
    ({ status }) => status === 'running' || status === 'failed' || status === 'compensation_failed',
  );
  return {
    ...item,
    creation: { processId, status: processStatus ?? 'running', step: current?.name ?? null },
    error: errorCode ? { code: errorCode, message: errorMessage ?? '' } : null,
  };
}

function withoutPlace(row: WorkItemRow): WorkItemRow {
  const { wish: _wish, place: _place, ...item } = row as WorkItemRow & { wish?: number; place?: string };
  return item;
}
