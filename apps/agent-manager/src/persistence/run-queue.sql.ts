import { BY_INDEX } from './by-index.sql';
import { FIRST_CLAIM, FIRST_QUEUE_HEADS } from './first-queue-functions.sql';

/**
 * The oldest runs of every lane that may be claimed now, with the load of its project. Locks nothing. A lane is a distinct
 * (project, tool set, priority) with queued runs; each is found by one descent of the index from the one before, so the cost
 * grows with the lanes and not with the runs.
 */
export const QUEUE_HEADS = `
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
export const CLAIM = `
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

/**
 * Renews the leases that are listed with their tokens and have not ended, in one statement. Answers a row for each pair:
 * `ok` with the new end, `cancelled` when the run was taken back under this token, else `lost`. \`progressed\` tells
 * for which of them progress is due, with the version that its event gets.
 */
const HEARTBEAT = `
create function agent_manager.heartbeat(p_agent uuid, p_runs uuid[], p_token_hashes bytea[], p_has_progress boolean[], p_ttl_ms int, p_progress_ms int)
returns table (id uuid, status text, expires_at timestamptz, progress_version int, project_id uuid, work_item_id uuid, attempt int, origin json)
language plpgsql ${BY_INDEX} as $$
declare
  clock timestamptz;
begin
  perform 1 from agent_manager.leases l where l.run_id = any (p_runs) order by l.run_id for no key update;
  clock := clock_timestamp();
  return query
  with pair as materialized (
    select w.* from unnest(p_runs, p_token_hashes, p_has_progress) with ordinality as w(run_id, token_hash, has_progress, i)
  ), renewed as (
    update agent_manager.leases l set expires_at = clock + p_ttl_ms * interval '1 ms',
      version = l.version + due.step,
      progressed_at = case when due.step = 1 then clock else l.progressed_at end
    from pair w join lateral (
      select (w.has_progress and (x.progressed_at is null or x.progressed_at <= clock - p_progress_ms * interval '1 ms'))::int as step
      from agent_manager.leases x where x.run_id = w.run_id
    ) due on true
    where l.run_id = w.run_id and l.token_hash = w.token_hash and l.agent_id = p_agent and l.expires_at > clock
    returning l.run_id, l.expires_at, case when due.step = 1 then l.version end as progress_version
  )
  select w.run_id,
    case when n.run_id is not null then 'ok' when r.status = 'cancelled' and r.token_hash = w.token_hash then 'cancelled' else 'lost' end,
    n.expires_at, n.progress_version, r.project_id, r.work_item_id, r.attempt, r.origin
  from pair w
  left join renewed n on n.run_id = w.run_id
  left join lateral (select * from agent_manager.runs x where x.id = w.run_id and x.agent_id = p_agent) r on true
  order by w.i;
end $$`;

/**
 * Locks the run, then ends its lease if the token is that of a lease which has not ended. \`proof\` is what the
 * token was worth; with \`held\` the run has its final status already.
 */
const END_RUN = `
create function agent_manager.end_run(p_run uuid, p_tenant uuid, p_token_hash bytea, p_status text)
returns table (status text, proof text, agent_id uuid, project_id uuid, work_item_id uuid, attempt int, origin json,
  version int, duration_ms float8)
language plpgsql ${BY_INDEX} as $$
declare
  run agent_manager.runs%rowtype;
  ended int;
begin
  select * into run from agent_manager.runs r where r.id = p_run and r.tenant_id = p_tenant for no key update;
  if not found then return; end if;
  delete from agent_manager.leases l
    where l.run_id = p_run and l.token_hash = p_token_hash and l.expires_at > clock_timestamp()
    returning l.version into ended;
  if ended is not null then
    update agent_manager.runs r set status = p_status, ended_at = clock_timestamp() where r.id = p_run;
  end if;
  return query select run.status,
    case when ended is not null then 'held' when run.token_hash = p_token_hash and run.status in ('completed', 'failed') then 'spent' else 'none' end,
    run.agent_id, run.project_id, run.work_item_id, run.attempt, run.origin, ended,
    extract(epoch from clock_timestamp() - run.started_at)::float8 * 1000;
end $$`;

/**
 * Ends leases whose end has passed, and those of runs that took far longer than they may. Their runs are locked first, in
 * id order; what another replica has locked is left to it. A lease that was renewed meanwhile stays.
 */
const END_EXPIRED = `
create function agent_manager.end_expired(p_limit int)
returns table (id uuid, tenant_id uuid, agent_id uuid, project_id uuid, work_item_id uuid, attempt int, origin json,
  version int, duration_ms float8, timed_out boolean)
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  due constant uuid[] := array(
    select l.run_id from agent_manager.leases l
    where l.expires_at <= clock_timestamp() or l.ends_at <= clock_timestamp() limit p_limit);
  locked uuid[];
begin
  if cardinality(due) = 0 then return; end if;
  locked := array(select r.id from agent_manager.runs r where r.id = any (due) order by r.id for no key update skip locked);
  return query
  with ended as (
    delete from agent_manager.leases l
    where l.run_id = any (locked) and (l.expires_at <= clock_timestamp() or l.ends_at <= clock_timestamp())
    returning l.run_id, l.version, l.expires_at > clock_timestamp() as timed_out
  )
  update agent_manager.runs r set status = 'lost', ended_at = clock_timestamp()
  from ended e where r.id = e.run_id
  returning r.id, r.tenant_id, r.agent_id, r.project_id, r.work_item_id, r.attempt, r.origin, e.version,
    extract(epoch from r.ended_at - r.started_at)::float8 * 1000, e.timed_out;
end $$`;

/** Ends the live runs of work items, queued or running; their leases end with them. */
const CANCEL = `
create function agent_manager.cancel(p_work_items uuid[])
returns table (id uuid, tenant_id uuid, agent_id uuid, project_id uuid, work_item_id uuid, attempt int, was_running boolean, version int)
language plpgsql ${BY_INDEX} as $$
declare
  live uuid[];
begin
  perform 1 from agent_manager.runs r where r.work_item_id = any (p_work_items) and r.status in ('queued', 'running')
    order by r.id for no key update;
  live := array(select r.id from agent_manager.runs r
    where r.work_item_id = any (p_work_items) and r.status in ('queued', 'running'));
  return query
  with ended as (
    delete from agent_manager.leases l where l.run_id = any (live) returning l.run_id, l.version
  ), taken_back as (
    update agent_manager.runs r set status = 'cancelled', ended_at = clock_timestamp() where r.id = any (live) returning r.*
  )
  select r.id, r.tenant_id, r.agent_id, r.project_id, r.work_item_id, r.attempt, e.run_id is not null, coalesce(e.version, 1)
  from taken_back r left join ended e on e.run_id = r.id;
end $$`;

/** Of the first migration, in the order of their dependence. */
export const QUEUE_FUNCTIONS: readonly string[] = [
  FIRST_QUEUE_HEADS,
  FIRST_CLAIM,
  HEARTBEAT,
  END_RUN,
  END_EXPIRED,
  CANCEL,
];
