import type { Sql } from '@codex/postgres';

/** Where a work item's live run stands, and what it waits for. */
export interface ItemInQueue {
  readonly runId: string | null;
  readonly status: 'queued' | 'running' | null;
  /** Runs of the tenant that are more urgent or older, plus one; null when it does not wait. */
  readonly position: number | null;
  readonly isProjectPaused: boolean;
  readonly isProjectFull: boolean;
  /** The project has used up its run minutes of today. */
  readonly isProjectOutOfMinutes: boolean;
  readonly capableAgents: number;
  readonly capableFreeSlots: number;
}

/** What is shown of runs that wait, by id. */
export async function describeRuns(
  sql: Sql,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, { workItemId: string; projectId: string; priority: number; readySince: string }>> {
  const { rows } = await sql.query({
    name: 'describe-runs',
    text: 'select id, work_item_id, project_id, priority, ready_since from agent_manager.runs where id = any ($1::uuid[])',
    values: [runIds],
  });
  return new Map(
    rows.map((row) => [
      row.id,
      {
        workItemId: row.work_item_id,
        projectId: row.project_id,
        priority: row.priority,
        readySince: row.ready_since.toISOString(),
      },
    ]),
  );
}

/** How many runs wait, and how long the oldest has. */
export async function queueDepth(
  sql: Sql,
  tenantId: string,
  projectId: string | null,
): Promise<{ readonly depth: number; readonly oldestReadyMs: number | null }> {
  const { rows } = await sql.query<{ depth: number; oldest_ms: number | null }>({
    name: 'queue-depth',
    text: `select count(*)::int as depth, extract(epoch from clock_timestamp() - min(ready_since))::float8 * 1000 as oldest_ms
      from agent_manager.runs
      where status = 'queued' and tenant_id = $1 and ($2::uuid is null or project_id = $2)`,
    values: [tenantId, projectId],
  });
  const { depth, oldest_ms: oldest } = rows[0]!;
  return { depth, oldestReadyMs: oldest === null ? null : Math.max(0, Math.round(oldest)) };
}

/** Everything that decides when the item's run starts, in one look. */
export async function itemInQueue(sql: Sql, tenantId: string, workItemId: string): Promise<ItemInQueue> {
  const { rows } = await sql.query({
    name: 'item-in-queue',
    text: `select r.id, r.status, coalesce(p.paused, false) as paused,
        p.max_running is not null and p.max_running <= (
          select count(*) from agent_manager.leases l where l.project_id = r.project_id) as is_full,
        agent_manager.out_of_minutes(r.project_id, p.max_run_minutes, clock_timestamp()) as out_of_minutes,
        case when r.status = 'queued' then 1 + (
          select count(*)::int from agent_manager.runs o where o.status = 'queued' and o.tenant_id = r.tenant_id
            and (o.priority > r.priority or (o.priority = r.priority and (o.ready_since, o.id) < (r.ready_since, r.id)))) end as position,
        coalesce(cardinality(c.free), 0) as capable_agents,
        (select coalesce(sum(greatest(f, 0)), 0)::int from unnest(c.free) as f) as capable_free
      from agent_manager.runs r
      join agent_manager.projects p on p.id = r.project_id
      join agent_manager.tool_sets t on t.id = r.tool_set_id
      cross join lateral (
        select array_agg(a.slots - (select count(*) from agent_manager.leases l where l.agent_id = a.id)) as free
        from agent_manager.agents a
        where a.tenant_id = r.tenant_id and a.status = 'online' and t.tools <@ a.capabilities
      ) c
      where r.work_item_id = $2 and r.tenant_id = $1 and r.status in ('queued', 'running')`,
    values: [tenantId, workItemId],
  });
  const [row] = rows;
  return {
    runId: row?.id ?? null,
    status: row?.status ?? null,
    position: row?.position ?? null,
    isProjectPaused: row?.paused ?? false,
    isProjectFull: row?.is_full ?? false,
    isProjectOutOfMinutes: row?.out_of_minutes ?? false,
    capableAgents: row?.capable_agents ?? 0,
    capableFreeSlots: row?.capable_free ?? 0,
  };
}
