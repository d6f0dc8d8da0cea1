import type { Sql } from '@codex/postgres';
import { readNewest, type Condition, type EdgePage, type ListRequest } from './page';
import type { Failure } from './work-item.queries';

/** A run as clients see it. */
export interface RunView {
  readonly id: string;
  readonly workItemId: string;
  readonly projectId: string;
  readonly agentId: string | null;
  readonly attempt: number;
  readonly status: string;
  readonly progress: { readonly percent: number | null; readonly message: string | null } | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly durationMs: number | null;
  readonly error: Failure | null;
  readonly createdAt: Date;
  readonly version: number;
}

type RunRow = Omit<RunView, 'progress' | 'error'> & {
  percent: number | null;
  message: string | null;
  errorCode: string | null;
  errorMessage: string | null;
};

const SELECT = `select r.id, r.work_item_id as "workItemId", r.project_id as "projectId", r.agent_id as "agentId", r.attempt, r.status,
  r.progress_percent as percent, r.progress_message as message, r.started_at as "startedAt", r.ended_at as "endedAt",
  r.duration_ms::float8 as "durationMs", r.error_code as "errorCode", r.error_message as "errorMessage",
  r.created_at as "createdAt", r.version from agent.runs r`;

export async function listRuns(
  sql: Sql,
  request: ListRequest,
  filter: { readonly workItemId?: string; readonly agentId?: string; readonly status?: string },
): Promise<EdgePage<RunView>> {
  const where: readonly Condition[] = [
    { sql: 'r.tenant_id = ?', value: request.tenantId },
    { sql: 'r.work_item_id = ?::uuid', value: filter.workItemId },
    { sql: 'r.agent_id = ?::uuid', value: filter.agentId },
    { sql: 'r.status = ?', value: filter.status, skewed: true },
  ];
  return readNewest<RunRow, RunView>(sql, { select: SELECT, where, alias: 'r', ...request }, runView);
}

/** The runs with these ids that belong to the tenant, in no order. */
export async function findRuns(sql: Sql, tenantId: string, ids: readonly string[]): Promise<readonly RunView[]> {
  const { rows } = await sql.query<RunRow>({
    name: 'find_runs',
    text: `${SELECT} where r.tenant_id = $1 and r.id = any($2::uuid[])`,
    values: [tenantId, ids],
  });
  return rows.map(runView);
}

/** All runs of these work items, newest attempt first. */
export async function findRunsOf(
  sql: Sql,
  tenantId: string,
  workItemIds: readonly string[],
): Promise<readonly RunView[]> {
  const { rows } = await sql.query<RunRow>({
    name: 'find_runs_of',
    text: `${SELECT} where r.tenant_id = $1 and r.work_item_id = any($2::uuid[]) order by r.attempt desc`,
    values: [tenantId, workItemIds],
  });
  return rows.map(runView);
}

function runView(row: RunRow): RunView {
  const { percent, message, errorCode, errorMessage, ...run } = row;
  return {
    ...run,
    progress: percent === null && message === null ? null : { percent, message },
    error: errorCode === null ? null : { code: errorCode, message: errorMessage ?? '' },
  };
}
