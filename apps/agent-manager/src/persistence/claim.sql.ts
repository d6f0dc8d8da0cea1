import { BY_INDEX } from './by-index.sql';

/**
 * Whether a project has used up its run minutes of the day in UTC: of runs that ended today, and of those that run, what
 * lies in today. Reads one index range for a project that has such a limit, and nothing for all others.
 */
const OUT_OF_MINUTES = `
create function agent_manager.out_of_minutes(p_project uuid, p_minutes int, p_clock timestamptz) returns boolean
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  today constant timestamptz := date_trunc('day', p_clock at time zone 'UTC') at time zone 'UTC';
begin
  if p_minutes is null then return false; end if;
  return p_minutes * 60 <= (
    select coalesce(sum(extract(epoch from r.ended_at - greatest(r.started_at, today))), 0)
    from agent_manager.runs r where r.project_id = p_project and r.ended_at > today and r.started_at is not null
  ) + (
    select coalesce(sum(extract(epoch from p_clock - greatest(r.started_at, today))), 0)
    from agent_manager.leases l cross join lateral (select x.started_at from agent_manager.runs x where x.id = l.run_id) r
    where l.project_id = p_project
  );
end $$`;

/**
 * The oldest runs of every lane that may be claimed now, with the load of its project. Locks nothing. A lane is a distinct
 * (project, tool set, priority) with queued runs; each is found by one descent of the index from the one before, so the cost
 * grows with the lanes and not with the runs.
 */
const QUEUE_HEADS = `
create function agent_manager.queue_heads(p_tenant uuid, p_tool_sets int[], p_per_lane int, p_project uuid, p_also_closed boolean)
returns table (project_id uuid, tool_set_id int, priority int, running int, max_running int, paused boolean, out_of_minutes boolean, runs json)
language plpgsql stable ${BY_INDEX} as $$
declare
  clock constant timestamptz := clock_timestamp();
begin
  return query
  with recursive lane as (
    (select r.project_id, r.tool_set_id, 9 - r.priority as urgency from agent_manager.runs r
      where r.status = 'queued' and r.tenant_id = p_tenant and (p_project is null or r.project_id >= p_project)
      order by r.project_id, r.tool_set_id, 9 - r.priority limit 1)
    union all
    select n.* from lane l cross join lateral (
      select r.project_id, r.tool_set_id, 9 - r.priority from agent_manager.runs r
      where r.status = 'queued' and r.tenant_id = p_tenant
        and (r.project_id, r.tool_set_id, 9 - r.priority) > (l.project_id, l.tool_set_id, l.urgency)
      order by r.project_id, r.tool_set_id, 9 - r.priority limit 1
    ) n where p_project is null or n.project_id = p_project
  ), wanted as materialized (
    select l.* from lane l
    where (p_tool_sets is null or l.tool_set_id = any (p_tool_sets)) and (p_project is null or l.project_id = p_project)
  ), project as materialized (
    select d.project_id, p.max_running, coalesce(p.paused, false) as paused,
      agent_manager.out_of_minutes(d.project_id, p.max_run_minutes, clock) as out_of_minutes,
      (select count(*)::int from agent_manager.leases s where s.project_id = d.project_id) as running
    from (select distinct w.project_id from wanted w) d
    left join lateral (select * from agent_manager.projects x where x.id = d.project_id) p on true
  )
  select w.project_id, w.tool_set_id, 9 - w.urgency, p.running, p.max_running, p.paused, p.out_of_minutes, r.runs
  from project p
  join wanted w on w.project_id = p.project_id
  cross join lateral (
    select json_agg(json_build_array(q.id, extract(epoch from clock - q.ready_since)::float8 * 1000) order by q.ready_since, q.id) as runs
    from (
      select x.id, x.ready_since from agent_manager.runs x
      where x.status = 'queued' and x.tenant_id = p_tenant and x.project_id = w.project_id
        and x.tool_set_id = w.tool_set_id and 9 - x.priority = w.urgency
      order by x.ready_since, x.id limit p_per_lane
    ) q
  ) r
  where r.runs is not null
    and (p_also_closed or (not p.paused and not p.out_of_minutes and (p.max_running is null or p.running < p.max_running)));
end $$`;

/**
 * Gives runs to agents: agents are locked, then projects, then the runs that are still queued, each in id order (the runs
 * must be given in that order); runs that somebody else has locked are left out. Slots, limits, pauses, tools and
 * tenants are judged under these locks, in the order of `p_places`. Every claimed run gets a lease by this server's clock.
 */
const CLAIM = `
create function agent_manager.claim(p_runs uuid[], p_projects uuid[], p_agents uuid[], p_token_hashes bytea[], p_places int[],
  p_ttl_ms int, p_grace_ms int)
returns table (id uuid, agent_id uuid, place int, tenant_id uuid, project_id uuid, work_item_id uuid, attempt int,
  timeout_ms int, recipe json, origin json, lease_expires_at timestamptz)
language plpgsql ${BY_INDEX} as $$
declare
  clock timestamptz;
begin
  perform 1 from agent_manager.agents a where a.id = any (p_agents) order by a.id for no key update;
  perform 1 from agent_manager.projects p where p.id = any (p_projects) order by p.id for no key update;
  clock := clock_timestamp();
  return query
  with agent as materialized (
    select a.id, a.tenant_id, a.slots - (select count(*) from agent_manager.leases s where s.agent_id = a.id) as free,
      array(select t.id from agent_manager.tool_sets t where t.tools <@ a.capabilities) as tool_sets
    from agent_manager.agents a where a.id = any (p_agents) and a.status = 'online'
  ), project as materialized (
    select p.id, p.max_running - (select count(*) from agent_manager.leases s where s.project_id = p.id) as free
    from agent_manager.projects p where p.id = any (p_projects) and not p.paused
      and not agent_manager.out_of_minutes(p.id, p.max_run_minutes, clock)
  ), wanted as materialized (
    select w.*, k.project_id, k.tenant_id, k.tool_set_id
    from unnest(p_runs, p_agents, p_token_hashes, p_places) as w(run_id, agent_id, token_hash, place)
    cross join lateral (
      select r.project_id, r.tenant_id, r.tool_set_id from agent_manager.runs r where r.id = w.run_id and r.status = 'queued'
      for no key update skip locked
    ) k
  ), ranked as (
    select w.run_id, w.agent_id, w.token_hash, w.place, w.project_id, a.free as agent_free, p.free as project_free,
      row_number() over (partition by w.agent_id order by w.place) as agent_rank
    from wanted w
    join agent a on a.id = w.agent_id and a.tenant_id = w.tenant_id and w.tool_set_id = any (a.tool_sets)
    join project p on p.id = w.project_id
  ), ranked_again as (
    select r.*, row_number() over (partition by r.project_id order by r.place) as project_rank
    from ranked r where r.agent_rank <= r.agent_free
  ), granted as materialized (
    select * from ranked_again r where r.project_free is null or r.project_rank <= r.project_free
  ), started as (
    update agent_manager.runs r set status = 'running', agent_id = g.agent_id, token_hash = g.token_hash, started_at = clock
    from granted g where r.id = g.run_id
    returning r.*, g.place
  ), leased as (
    insert into agent_manager.leases (run_id, agent_id, project_id, token_hash, version, expires_at, ends_at)
    select s.id, s.agent_id, s.project_id, s.token_hash, 2, clock + p_ttl_ms * interval '1 ms',
      clock + (s.timeout_ms::bigint + p_grace_ms) * interval '1 ms'
    from started s
  )
  select s.id, s.agent_id, s.place, s.tenant_id, s.project_id, s.work_item_id, s.attempt, s.timeout_ms, s.recipe, s.origin,
    clock + p_ttl_ms * interval '1 ms'
  from started s;
end $$`;

/** In the order of their dependence. */
export const CLAIM_FUNCTIONS: readonly string[] = [OUT_OF_MINUTES, QUEUE_HEADS, CLAIM];
