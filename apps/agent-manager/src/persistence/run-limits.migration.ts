import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CLAIM, QUEUE_HEADS } from './run-queue.sql';

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

const STATEMENTS = [
  'alter table agent_manager.projects add column max_run_minutes int',
  // Also what retention finds runs by.
  `create index runs_ended on agent_manager.runs (project_id, ended_at) include (started_at) where ended_at is not null`,
  'create index artifact_references_age on agent_manager.artifact_references (created_at)',
  'create index artifact_references_bytes on agent_manager.artifact_references (sha256)',
  OUT_OF_MINUTES,
  'drop function agent_manager.queue_heads(uuid, int[], int, uuid, boolean)',
  QUEUE_HEADS,
  'drop function agent_manager.claim(uuid[], uuid[], uuid[], bytea[], int[], int, int)',
  CLAIM,
  // Every run is updated twice and then rests: dead rows of a busy queue must not pile up in front of the next claim.
  `alter table agent_manager.runs set (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 0.02)`,
  // A handful of rows, changed all the time: vacuum must not wait for a share of a table that has none.
  `alter table agent_manager.leases set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)`,
  `alter table agent_manager.agents set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)`,
  `alter table agent_manager.work_items set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000)`,
];

/** Run minutes a day, what retention looks rows up by, and when vacuum comes. */
export class RunLimits1760000001002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('the functions before this are not kept: restore the database instead');
  }
}
