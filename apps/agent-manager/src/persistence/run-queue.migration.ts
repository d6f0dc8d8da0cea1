import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CLAIM_FUNCTIONS } from './claim.sql';
import { LEASE_FUNCTIONS } from './lease.sql';

/** Agents, the run queue, leases, what is known of work items and projects, and artifacts. */
export class RunQueue1760000001001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...CLAIM_FUNCTIONS, ...LEASE_FUNCTIONS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema agent_manager cascade');
  }
}

const TABLES = [
  `create table agent_manager.agents (
    id uuid primary key,
    tenant_id uuid not null,
    name text not null,
    status text not null check (status in ('online', 'draining', 'lost', 'gone')),
    capabilities text[] not null,
    labels jsonb not null,
    slots int not null check (slots between 1 and 256),
    software_version text,
    version int not null,
    created_at timestamptz not null default clock_timestamp(),
    last_seen_at timestamptz not null default clock_timestamp(),
    unique (tenant_id, name)
  ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)`,

  // Runs that need the same tools share a set, so that a claim finds what it can run by index.
  `create table agent_manager.tool_sets (
    id int generated always as identity primary key,
    tools text[] not null unique
  )`,

  `create table agent_manager.projects (
    id uuid primary key,
    tenant_id uuid not null,
    max_running int default 100,
    max_run_minutes int,
    paused boolean not null default false
  )`,

  // Also items that have no run yet: whoever queues a run and whoever cancels its item meet at this row.
  `create table agent_manager.work_items (
    id uuid primary key,
    tenant_id uuid not null,
    closed boolean not null default false,
    reason text,
    priority smallint,
    last_attempt int not null default 0
  ) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000)`,

  // Every run is updated twice and then rests: dead rows of a busy queue must not pile up in front of the next claim.
  `create table agent_manager.runs (
    id uuid primary key,
    tenant_id uuid not null,
    project_id uuid not null,
    work_item_id uuid not null,
    attempt int not null,
    tool_set_id int not null,
    priority smallint not null,
    ready_since timestamptz not null default clock_timestamp(),
    status text not null check (status in ('queued', 'running', 'completed', 'failed', 'cancelled', 'lost')),
    agent_id uuid,
    token_hash bytea,
    started_at timestamptz,
    ended_at timestamptz,
    timeout_ms int,
    recipe json not null,
    origin json not null
  ) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 0.02)`,
  // The priority counts down, so that lanes are in one order that a row comparison can follow.
  `create index runs_queued on agent_manager.runs
    (tenant_id, project_id, tool_set_id, (9 - priority), ready_since, id) where status = 'queued'`,
  // At most one live run per work item.
  `create unique index runs_live on agent_manager.runs (work_item_id) where status in ('queued', 'running')`,
  // Run minutes of a day, and what retention finds runs by.
  `create index runs_ended on agent_manager.runs (project_id, ended_at) include (started_at) where ended_at is not null`,

  // Narrow, and no index over what a heartbeat changes: so its updates stay in their page. A handful of rows, changed all
  // the time: vacuum must not wait for a share of a table that has none.
  `create table agent_manager.leases (
    run_id uuid primary key,
    agent_id uuid not null,
    project_id uuid not null,
    token_hash bytea not null,
    version int not null,
    expires_at timestamptz not null,
    ends_at timestamptz,
    progressed_at timestamptz
  ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)`,
  `create index leases_of_agent on agent_manager.leases (agent_id)`,
  `create index leases_of_project on agent_manager.leases (project_id)`,

  `create table agent_manager.artifacts (
    sha256 bytea primary key,
    bytes bytea not null
  )`,
  `alter table agent_manager.artifacts alter column bytes set storage external`,
  `create table agent_manager.artifact_references (
    id uuid primary key,
    tenant_id uuid not null,
    work_item_id uuid not null,
    run_id uuid not null,
    name text not null,
    media_type text not null,
    size bigint not null,
    sha256 bytea not null references agent_manager.artifacts (sha256),
    created_at timestamptz not null default clock_timestamp()
  )`,
  `create index artifact_references_of_item on agent_manager.artifact_references (work_item_id)`,
  `create index artifact_references_age on agent_manager.artifact_references (created_at)`,
  `create index artifact_references_bytes on agent_manager.artifact_references (sha256)`,
];
