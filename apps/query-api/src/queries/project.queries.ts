import { RUN_MINUTES_TODAY } from './run-minutes';
import type { Sql } from '@codex/postgres';
import { readNewest, type ListRequest, type EdgePage } from './page';

export interface Requirement {
  readonly id: string;
  readonly title: string;
  readonly body: string | null;
  readonly priority: number;
  readonly status: string;
}

export interface QuotaLimits {
  readonly maxOpenWorkItems: number | null;
  readonly maxConcurrentRuns: number | null;
  readonly maxRunMinutesPerDay: number | null;
}

/** A project as clients see it. */
export interface ProjectView {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly repositoryUrl: string | null;
  readonly status: string;
  readonly paused: boolean;
  readonly vision: string | null;
  readonly requirements: readonly Requirement[];
  readonly quota: QuotaLimits;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

export interface QuotaView {
  readonly limits: QuotaLimits;
  readonly use: { readonly openWorkItems: number; readonly concurrentRuns: number; readonly runMinutesToday: number };
}

type ProjectRow = Omit<ProjectView, 'quota'> & { limited: boolean | null } & QuotaLimits;

/** What applies to a project until somebody sets its limits. */
const DEFAULT_LIMITS: QuotaLimits = { maxOpenWorkItems: 1000, maxConcurrentRuns: 100, maxRunMinutesPerDay: null };

const SELECT = `select p.id, p.name, p.description, p.repository_url as "repositoryUrl", p.status, p.paused, p.vision, p.requirements,
  p.created_by as "createdBy", p.created_at as "createdAt", p.updated_at as "updatedAt", p.version,
  q.limited, q.max_open_work_items as "maxOpenWorkItems", q.max_concurrent_runs as "maxConcurrentRuns",
  q.max_run_minutes_per_day as "maxRunMinutesPerDay"
  from project.projects p left join project.project_quotas q on q.project_id = p.id`;

export async function listProjects(sql: Sql, request: ListRequest): Promise<EdgePage<ProjectView>> {
  const where = [{ sql: 'p.tenant_id = ?', value: request.tenantId }];
  return readNewest<ProjectRow, ProjectView>(sql, { select: SELECT, where, alias: 'p', ...request }, projectView);
}

/** The projects with these ids that belong to the tenant, in no order. */
export async function findProjects(
  sql: Sql,
  tenantId: string,
  ids: readonly string[],
): Promise<readonly ProjectView[]> {
  const { rows } = await sql.query<ProjectRow>({
    name: 'find_projects',
    text: `${SELECT} where p.tenant_id = $1 and p.id = any($2::uuid[])`,
    values: [tenantId, ids],
  });
  return rows.map(projectView);
}

/** Limits and use of a project; undefined when the tenant has no such project. */
export async function findQuota(sql: Sql, tenantId: string, projectId: string): Promise<QuotaView | undefined> {
  const { rows } = await sql.query({
    name: 'find_quota',
    text: `select q.limited, q.max_open_work_items as "maxOpenWorkItems", q.max_concurrent_runs as "maxConcurrentRuns",
        q.max_run_minutes_per_day as "maxRunMinutesPerDay", coalesce(q.open_work_items, 0) as "openWorkItems",
        (select count(*)::int from agent.runs r where r.project_id = p.id and r.status = 'running') as "concurrentRuns",
        ${RUN_MINUTES_TODAY('p.id')} as "runMinutesToday"
      from project.projects p left join project.project_quotas q on q.project_id = p.id
      where p.tenant_id = $1 and p.id = $2`,
    values: [tenantId, projectId],
  });
  const row = rows[0];
  if (row === undefined) return undefined;
  const { openWorkItems, concurrentRuns, runMinutesToday } = row;
  return {
    limits: limitsOf(row),
    use: { openWorkItems, concurrentRuns, runMinutesToday: Math.round(runMinutesToday * 100) / 100 },
  };
}

function projectView(row: ProjectRow): ProjectView {
  const {
    limited: _limited,
    maxOpenWorkItems: _open,
    maxConcurrentRuns: _runs,
    maxRunMinutesPerDay: _minutes,
    ...project
  } = row;
  return { ...project, quota: limitsOf(row) };
}

function limitsOf(row: { limited: boolean | null } & QuotaLimits): QuotaLimits {
  if (!row.limited) return DEFAULT_LIMITS;
  const { maxOpenWorkItems, maxConcurrentRuns, maxRunMinutesPerDay } = row;
  return { maxOpenWorkItems, maxConcurrentRuns, maxRunMinutesPerDay };
}
