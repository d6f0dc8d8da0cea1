import { BY_INDEX } from './by-index.sql';

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

export const LEASE_FUNCTIONS: readonly string[] = [HEARTBEAT, END_RUN, END_EXPIRED, CANCEL];
