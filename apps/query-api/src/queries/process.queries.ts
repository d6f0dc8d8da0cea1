import type { Sql } from '@codex/postgres';
import { readNewest, type Condition, type EdgePage, type ListRequest } from './page';
import type { Failure } from './work-item.queries';

export interface ProcessStepView {
  readonly name: string;
  readonly status: string;
  readonly attempts: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: Failure | null;
  readonly compensation: string | null;
}

/** A process as clients see it: the steps done, now and to come. */
export interface ProcessView {
  readonly id: string;
  readonly definition: string;
  readonly status: string;
  readonly workItemId: string;
  readonly projectId: string;
  readonly steps: readonly ProcessStepView[];
  readonly startedAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

type ProcessRow = ProcessView & { createdAt: Date };

const SELECT = `select c.id, c.definition, c.status, c.work_item_id as "workItemId", c.project_id as "projectId", c.steps,
  c.created_at as "startedAt", c.created_at as "createdAt", c.updated_at as "updatedAt", c.version from work_item.processes c`;

export async function listProcesses(
  sql: Sql,
  request: ListRequest,
  filter: { readonly status?: string; readonly definition?: string },
): Promise<EdgePage<ProcessView>> {
  const where: readonly Condition[] = [
    { sql: 'c.tenant_id = ?', value: request.tenantId },
    { sql: 'c.status = ?', value: filter.status, skewed: true },
    { sql: 'c.definition = ?', value: filter.definition, skewed: true },
  ];
  return readNewest<ProcessRow, ProcessView>(sql, { select: SELECT, where, alias: 'c', ...request }, processView);
}

/** The processes with these ids that belong to the tenant, in no order. */
export async function findProcesses(
  sql: Sql,
  tenantId: string,
  ids: readonly string[],
): Promise<readonly ProcessView[]> {
  const { rows } = await sql.query<ProcessRow>({
    name: 'find_processes',
    text: `${SELECT} where c.tenant_id = $1 and c.id = any($2::uuid[])`,
    values: [tenantId, ids],
  });
  return rows.map(processView);
}

function processView({ createdAt: _createdAt, ...process }: ProcessRow): ProcessView {
  return process;
}
