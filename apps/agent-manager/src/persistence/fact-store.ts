import type { Sql } from '@codex/postgres';
import type { QueuedRun } from './run-row';

/** What was heard about a project. Fields that are undefined stay as they are. */
export interface ProjectFact {
  readonly projectId: string;
  readonly tenantId: string;
  /** The limits come together or not at all. */
  readonly limits?: { readonly maxRunning: number | null; readonly maxRunMinutes: number | null };
  readonly paused?: boolean;
}

/** A work item that is over: it gets no run any more. */
export interface ClosedItem {
  readonly workItemId: string;
  readonly tenantId: string;
  readonly reason: string;
}

/** The priority a work item has now. */
export interface ItemPriority {
  readonly workItemId: string;
  readonly tenantId: string;
  readonly priority: number;
}

/**
 * Keeps limits and pauses; one entry a project. All of them in one statement in id order, as claims lock them: two
 * statements could meet a claim half-way.
 */
export async function saveProjects(tx: Sql, facts: readonly ProjectFact[]): Promise<void> {
  if (facts.length === 0) return;
  await tx.query(
    `insert into agent_manager.projects (id, tenant_id)
      select * from unnest($1::uuid[], $2::uuid[]) as p(id, tenant_id) order by id on conflict do nothing`,
    [facts.map((fact) => fact.projectId), facts.map((fact) => fact.tenantId)],
  );
  await tx.query(
    `update agent_manager.projects p set
        max_running = case when g.has_limits then g.max_running else p.max_running end,
        max_run_minutes = case when g.has_limits then g.max_run_minutes else p.max_run_minutes end,
        paused = coalesce(g.paused, p.paused)
      from (
        select given.* from unnest($1::uuid[], $2::boolean[], $3::int[], $4::int[], $5::boolean[])
          as given(id, has_limits, max_running, max_run_minutes, paused)
        join agent_manager.projects x on x.id = given.id order by given.id for no key update of x
      ) g where p.id = g.id`,
    [
      facts.map((fact) => fact.projectId),
      facts.map((fact) => fact.limits !== undefined),
      facts.map((fact) => fact.limits?.maxRunning ?? null),
      facts.map((fact) => fact.limits?.maxRunMinutes ?? null),
      facts.map((fact) => fact.paused ?? null),
    ],
  );
}

/** Keeps that work items are over, met or not; one entry an item. */
export async function saveClosed(tx: Sql, items: readonly ClosedItem[]): Promise<void> {
  if (items.length === 0) return;
  await tx.query(
    `insert into agent_manager.work_items (id, tenant_id, closed, reason)
      select i.id, i.tenant_id, true, i.reason from unnest($1::uuid[], $2::uuid[], $3::text[]) as i(id, tenant_id, reason) order by i.id
      on conflict (id) do update set closed = true, reason = excluded.reason`,
    [items.map((i) => i.workItemId), items.map((i) => i.tenantId), items.map((i) => i.reason)],
  );
}

/** Keeps priorities, met or not, and moves the runs that wait; one entry an item. */
export async function savePriorities(tx: Sql, items: readonly ItemPriority[]): Promise<void> {
  if (items.length === 0) return;
  const ids = items.map((item) => item.workItemId);
  const priorities = items.map((item) => item.priority);
  await tx.query(
    `insert into agent_manager.work_items (id, tenant_id, priority)
      select * from unnest($1::uuid[], $2::uuid[], $3::smallint[]) as i(id, tenant_id, priority) order by id
      on conflict (id) do update set priority = excluded.priority`,
    [ids, items.map((item) => item.tenantId), priorities],
  );
  // A statement of its own, so that it sees the runs of whoever held the item's row until now.
  await tx.query(
    `update agent_manager.runs r set priority = w.priority
      from (
        select x.id, g.priority from unnest($1::uuid[], $2::smallint[]) as g(work_item_id, priority)
        join agent_manager.runs x on x.work_item_id = g.work_item_id and x.status = 'queued'
        order by x.id for no key update of x
      ) w where r.id = w.id`,
    [ids, priorities],
  );
}

/** What stands in the way of a run: its item is over, or this attempt or a later one was met already. */
export interface ItemStanding {
  readonly isClosed: boolean;
  readonly priority: number | null;
  readonly lastAttempt: number;
}

/**
 * Notes the attempts and answers how the items stood before; one entry an item. Locks the items' rows, so a cancel that
 * goes on at the same time is seen here, or sees the run that is queued next.
 */
export async function noteAttempts(
  tx: Sql,
  attempts: readonly { readonly workItemId: string; readonly tenantId: string; readonly attempt: number }[],
): Promise<ReadonlyMap<string, ItemStanding>> {
  const { rows } = await tx.query<{ id: string; closed: boolean; priority: number | null; last_attempt: number }>({
    name: 'note-attempts',
    text: `insert into agent_manager.work_items (id, tenant_id, last_attempt)
      select * from unnest($1::uuid[], $2::uuid[], $3::int[]) as i(id, tenant_id, attempt) order by id
      on conflict (id) do update set last_attempt = greatest(work_items.last_attempt, excluded.last_attempt)
      returning id, new.closed, new.priority, coalesce(old.last_attempt, 0) as last_attempt`,
    values: [attempts.map((a) => a.workItemId), attempts.map((a) => a.tenantId), attempts.map((a) => a.attempt)],
  });
  return new Map(
    rows.map((row) => [row.id, { isClosed: row.closed, priority: row.priority, lastAttempt: row.last_attempt }]),
  );
}

/** Puts runs into the queue; their projects and sets of tools are made known first. */
export async function insertQueued(tx: Sql, runs: readonly QueuedRun[]): Promise<void> {
  if (runs.length === 0) return;
  const toolSets = await toolSetIds(tx, runs);
  await tx.query({
    name: 'insert-queued-projects',
    text: `insert into agent_manager.projects (id, tenant_id)
      select distinct on (id) * from unnest($1::uuid[], $2::uuid[]) as p(id, tenant_id) order by id
      on conflict do nothing`,
    values: [runs.map((run) => run.projectId), runs.map((run) => run.tenantId)],
  });
  await tx.query({
    name: 'insert-queued-runs',
    text: `insert into agent_manager.runs
      (id, tenant_id, project_id, work_item_id, attempt, tool_set_id, priority, timeout_ms, recipe, origin, status)
      select *, 'queued' from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::smallint[],
        $8::int[], $9::json[], $10::json[])`,
    values: [
      runs.map((run) => run.runId),
      runs.map((run) => run.tenantId),
      runs.map((run) => run.projectId),
      runs.map((run) => run.workItemId),
      runs.map((run) => run.attempt),
      runs.map((run) => toolSets.get(toolKey(run.tools))!),
      runs.map((run) => run.priority),
      runs.map((run) => run.timeoutMs),
      runs.map((run) => JSON.stringify(run.recipe)),
      runs.map((run) => JSON.stringify(run.origin)),
    ],
  });
}

/** Ids of the sets of tools, new ones made; a set is the same whatever the order it is named in. */
async function toolSetIds(tx: Sql, runs: readonly QueuedRun[]): Promise<ReadonlyMap<string, number>> {
  const keys = [...new Set(runs.map((run) => toolKey(run.tools)))].sort();
  const find = async (): Promise<ReadonlyMap<string, number>> => {
    const { rows } = await tx.query<{ id: number; tools: string[] }>({
      name: 'find-tool-sets',
      text: `select t.id, t.tools from json_array_elements_text($1::json) as k(key)
        join agent_manager.tool_sets t on t.tools = array(select json_array_elements_text(k.key::json))`,
      values: [JSON.stringify(keys)],
    });
    return new Map(rows.map((row) => [toolKey(row.tools), row.id]));
  };
  const known = await find();
  if (keys.every((key) => known.has(key))) return known;
  await tx.query(
    `insert into agent_manager.tool_sets (tools)
      select array(select json_array_elements_text(k.key::json)) from json_array_elements_text($1::json) as k(key)
      on conflict do nothing`,
    [JSON.stringify(keys)],
  );
  return find();
}

function toolKey(tools: readonly string[]): string {
  return JSON.stringify([...new Set(tools)].sort());
}
