/**
 * SQL for the minutes that runs of a project took today in UTC: of those that ended and those that run, what lies in today.
 * `project` is an SQL expression for its id.
 */
export const RUN_MINUTES_TODAY = (project: string): string => `(
  select coalesce(sum(extract(epoch from coalesce(r.ended_at, clock_timestamp()) - greatest(r.started_at, t.today))), 0)::float8 / 60
  from (select date_trunc('day', clock_timestamp() at time zone 'utc') at time zone 'utc' as today) t
  cross join lateral (
    select x.started_at, x.ended_at from agent.runs x
    where x.project_id = ${project} and x.ended_at > t.today and x.started_at is not null
    union all
    select x.started_at, x.ended_at from agent.runs x where x.project_id = ${project} and x.status = 'running'
  ) r)`;
