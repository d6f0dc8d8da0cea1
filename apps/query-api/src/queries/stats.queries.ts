import type { Sql } from '@codex/postgres';

export interface StateCount {
  readonly state: string;
  readonly count: number;
}

export interface Stats {
  readonly projects: number;
  readonly workItems: readonly StateCount[];
  readonly runs: readonly StateCount[];
  readonly agents: readonly StateCount[];
  readonly processes: readonly StateCount[];
}

/** What is counted as it changes, and by which column. */
const COUNTED = {
  workItems: ['work_item.work_items_counts', 'state'],
  runs: ['agent.runs_counts', 'status'],
  processes: ['work_item.processes_counts', 'status'],
} as const;

/** How much there is of everything, by state. */
export async function readStats(sql: Sql, tenantId: string): Promise<Stats> {
  const counts = Object.entries(COUNTED).map(([field, [view, column]]) =>
    listed(field, `select ${column} as state, sum(count)::int as count from ${view} where tenant_id = $1 group by 1`),
  );
  const agents = 'select status as state, count(*)::int as count from agent.agents where tenant_id = $1 group by 1';
  const { rows } = await sql.query<Stats>({
    name: 'stats',
    text: `select (select count(*)::int from project.projects where tenant_id = $1) as projects,
      ${[...counts, listed('agents', agents)].join(', ')}`,
    values: [tenantId],
  });
  return rows[0]!;
}

function listed(field: string, counts: string): string {
  return `coalesce((select jsonb_agg(jsonb_build_object('state', c.state, 'count', c.count) order by c.state)
    from (${counts}) c), '[]') as "${field}"`;
}

/** Work items by state, for each of these projects. */
export async function countWorkItems(
  sql: Sql,
  tenantId: string,
  projectIds: readonly string[],
): Promise<ReadonlyMap<string, readonly StateCount[]>> {
  const { rows } = await sql.query<StateCount & { projectId: string }>({
    name: 'count_work_items',
    text: `select project_id as "projectId", state, count::int from work_item.work_items_counts
      where tenant_id = $1 and project_id = any($2::uuid[]) order by 1, 2`,
    values: [tenantId, projectIds],
  });
  return Map.groupBy(rows, ({ projectId }) => projectId);
}

/** Which type of node an id is; undefined when the tenant has no such thing. */
export async function nodeTypeOf(sql: Sql, tenantId: string, id: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ type: string }>({
    name: 'node_type',
    text: `select 'Project' as type from project.projects where tenant_id = $1 and id = $2
      union all select 'WorkItem' from work_item.work_items where tenant_id = $1 and id = $2
      union all select 'Run' from agent.runs where tenant_id = $1 and id = $2
      union all select 'Agent' from agent.agents where tenant_id = $1 and id = $2
      union all select 'Process' from work_item.processes where tenant_id = $1 and id = $2 limit 1`,
    values: [tenantId, id],
  });
  return rows[0]?.type;
}
