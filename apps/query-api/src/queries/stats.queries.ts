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

const COUNTED = {
  workItems: 'work_item.work_items',
  runs: 'agent.runs',
  agents: 'agent.agents',
  processes: 'work_item.processes',
};

/** How much there is of everything, by state. */
export async function readStats(sql: Sql, tenantId: string): Promise<Stats> {
  const counts = Object.entries(COUNTED).map(([field, view]) => {
    const column = field === 'workItems' ? 'state' : 'status';
    return `coalesce((select jsonb_agg(jsonb_build_object('state', c.state, 'count', c.count) order by c.state)
      from (select ${column} as state, count(*)::int as count from ${view} where tenant_id = $1 group by 1) c), '[]') as "${field}"`;
  });
  const { rows } = await sql.query<Stats>({
    name: 'stats',
    text: `select (select count(*)::int from project.projects where tenant_id = $1) as projects, ${counts.join(', ')}`,
    values: [tenantId],
  });
  return rows[0]!;
}

/** Work items by state, for each of these projects. */
export async function countWorkItems(
  sql: Sql,
  tenantId: string,
  projectIds: readonly string[],
): Promise<ReadonlyMap<string, readonly StateCount[]>> {
  const { rows } = await sql.query<StateCount & { projectId: string }>({
    name: 'count_work_items',
    text: `select project_id as "projectId", state, count(*)::int as count from work_item.work_items
      where tenant_id = $1 and project_id = any($2::uuid[]) group by 1, 2 order by 1, 2`,
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
