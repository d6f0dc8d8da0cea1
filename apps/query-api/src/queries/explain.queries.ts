import type { Sql } from '@codex/postgres';
import { RUN_MINUTES_TODAY } from './run-minutes';

/** Everything the read models know that bears on whether a work item can run now. */
export interface ExplainFacts {
  readonly state: string;
  readonly attempt: number;
  readonly creationStatus: string | null;
  readonly creationStep: string | null;
  readonly openDependencies: readonly { readonly id: string; readonly state: string | null }[];
  readonly taskStatus: string | null;
  readonly dueAt: Date | null;
  readonly notBefore: Date | null;
  readonly tools: readonly string[];
  readonly paused: boolean;
  readonly maxConcurrentRuns: number | null;
  readonly runningInProject: number;
  readonly maxRunMinutesPerDay: number | null;
  /** Of today in UTC; 0 when there is no limit to compare it with. */
  readonly runMinutesToday: number;
  readonly agents: readonly {
    readonly capabilities: readonly string[];
    readonly slots: number;
    readonly busySlots: number;
  }[];
  readonly now: Date;
}

const DEFAULT_MAX_CONCURRENT_RUNS = 100;

/** Reads the facts in one statement; undefined when the tenant has no such work item. */
export async function explainFacts(sql: Sql, tenantId: string, workItemId: string): Promise<ExplainFacts | undefined> {
  const { rows } = await sql.query<ExplainFacts>({
    name: 'explain_facts',
    text: `select w.state, w.attempt, w.not_before as "notBefore", c.status as "creationStatus",
        (select s ->> 'name' from json_array_elements(c.steps) s where s ->> 'status' in ('running', 'failed', 'compensation_failed') limit 1) as "creationStep",
        coalesce((select jsonb_agg(jsonb_build_object('id', d.id, 'state', o.state))
          from json_array_elements_text(w.depends_on) as d(id) left join work_item.work_items o on o.id = d.id::uuid
          where o.state is distinct from 'completed'), '[]') as "openDependencies",
        t.status as "taskStatus", t.due_at as "dueAt",
        coalesce((select jsonb_agg(distinct s ->> 'tool') from json_array_elements(w.tool_recipe -> 'steps') s), '[]') as tools,
        coalesce(p.paused, false) as paused,
        case when q.limited then q.max_concurrent_runs else $3::int end as "maxConcurrentRuns",
        (select count(*)::int from agent.runs r where r.project_id = w.project_id and r.status = 'running') as "runningInProject",
        q.max_run_minutes_per_day as "maxRunMinutesPerDay",
        case when q.max_run_minutes_per_day is null then 0 else ${RUN_MINUTES_TODAY('w.project_id')} end as "runMinutesToday",
        coalesce((select jsonb_agg(jsonb_build_object('capabilities', a.capabilities, 'slots', a.slots, 'busySlots',
            (select count(*) from agent.runs r where r.agent_id = a.id and r.status = 'running')))
          from agent.agents a where a.tenant_id = w.tenant_id and a.status = 'online'), '[]') as agents,
        clock_timestamp() as now
      from work_item.work_items w
      left join work_item.processes c on c.id = w.process_id
      left join scheduler.tasks t on t.work_item_id = w.id
      left join project.projects p on p.id = w.project_id
      left join project.project_quotas q on q.project_id = w.project_id
      where w.tenant_id = $1 and w.id = $2`,
    values: [tenantId, workItemId, DEFAULT_MAX_CONCURRENT_RUNS],
  });
  return rows[0];
}
