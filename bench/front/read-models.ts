import { inboxMigrations } from '@codex/kafka-messaging';
import { createPool, runMigrations } from '@codex/postgres';
import { GenerationRegistry, projectionMigrations } from '@codex/projections';
import type { Pool } from 'pg';
import { readModels } from '../../apps/projector/src/projections/read-models';
import { runStatements } from '../run-statements';

/** How much there is to read. */
export interface ReadModelSize {
  readonly tenantId: string;
  readonly projects: number;
  readonly workItems: number;
}

/** Opens a read database with every read model, empty, as the projector does. */
export async function openReadModels(databaseUrl: string): Promise<Pool> {
  const pool = createPool({
    ...{ connectionString: databaseUrl, applicationName: 'bench-read-models', maxConnections: 2 },
    ...{ statementTimeoutMs: 600_000, transactionTimeoutMs: 600_000 },
  });
  await runMigrations(pool, 'projections_meta.migrations', [...inboxMigrations, ...projectionMigrations]);
  for (const projection of readModels) await new GenerationRegistry(pool).ensureLive(projection);
  return pool;
}

/**
 * Fills the live tables with finished work items: each with its project, process, task, run, and its last event in the
 * history. Set-based, so a million takes about a minute. Ids begin with their time, like all of ours.
 */
export async function fillReadModels(pool: Pool, size: ReadModelSize): Promise<void> {
  await runStatements(pool, statements, [size.tenantId, size.projects, size.workItems]);
  await pool.query('vacuum (analyze)');
}

/** The id of a project that {@link fillReadModels} made, by its number. */
export function projectIdOf(n: number): string {
  return `01900000-0001-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** The id of a work item that {@link fillReadModels} made, by its number from 1, the oldest. */
export function workItemIdOf(n: number): string {
  return `01900000-0002-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** When that work item was created. */
export function createdAtOf(n: number): Date {
  return new Date(Date.UTC(2026, 0, 1) + n * 1_000);
}

/** Ids of one kind, in the order of their numbers. */
const id = (kind: number, n: string): string =>
  `('01900000-000${kind}-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`;
const [PROJECT, ITEM, PROCESS, RUN] = [id(1, '(n % $2::int)'), id(2, 'n'), id(3, 'n'), id(4, 'n')];
const AT = `timestamptz '2026-01-01T00:00:00Z' + n * interval '1 second'`;
const STAMP = 'tenant_id, created_at, updated_at, version';

const statements: readonly string[] = [
  `insert into project.projects_g1 (id, name, description, repository_url, status, paused, vision, requirements, created_by, ${STAMP})
   select ${PROJECT}, 'Project ' || n, 'What it is about', 'https://example.com/a.git', 'active', false, null, '[]',
          'bench', $1::text::uuid, ${AT}, ${AT}, 1 from generate_series(0, $2::int - 1) n`,
  `insert into work_item.work_items_g1 (id, project_id, title, description, state, priority, tool_recipe, depends_on,
     requires_approval, not_before, labels, attempt, attempts_per_try, max_attempts, timeout_ms, process_id, current_run_id,
     result, error_code, error_message, artifacts, created_by, ${STAMP})
   select ${ITEM}, ${PROJECT}, 'Analyze the repository', repeat('x', 120), 'completed', 5,
          '{"steps":[{"tool":"repository.analyze","with":{"url":"https://example.com/a.git","depth":50}}]}', '[]', false,
          null, '{"team":"a"}', 1, 3, 3, 60000, ${PROCESS}, null, '{"files":1200,"languages":3}',
          null, null, '[]', 'bench', $1::text::uuid, ${AT}, ${AT}, 5 from generate_series(1, $3::int) n`,
  `insert into work_item.processes_g1 (id, definition, status, work_item_id, project_id, steps, ${STAMP})
   select ${PROCESS}, 'WorkItemCreation', 'completed', ${ITEM}, ${PROJECT},
          '[{"name":"CreateWorkItem","status":"done","attempts":1,"startedAt":null,"endedAt":null,"error":null,"compensation":null}]',
          $1::text::uuid, ${AT}, ${AT}, 9 from generate_series(1, $3::int) n`,
  `insert into agent.runs_g1 (id, work_item_id, project_id, agent_id, attempt, status, started_at, ended_at, duration_ms, ${STAMP})
   select ${RUN}, ${ITEM}, ${PROJECT}, ${id(5, '(n % 8)')}, 1, 'completed', ${AT}, ${AT}, 900,
          $1::text::uuid, ${AT}, ${AT}, 3 from generate_series(1, $3::int) n`,
  `insert into history.work_item_history_g1 (stream, version, tenant_id, work_item_id, project_id, context, type,
     occurred_at, actor, correlation_id, causation_id, data)
   select 'WorkItem-' || ${ITEM}, 5, $1::text::uuid, ${ITEM}, ${PROJECT}, 'work-item', 'WorkItemStateChanged', ${AT},
          'bench', 'bench', 'bench', '{"newState":"completed"}' from generate_series(1, $3::int) n`,
];
