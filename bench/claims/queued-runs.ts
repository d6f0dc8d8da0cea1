import { randomUUID } from 'node:crypto';
import { codec } from '@codex/contracts';
import type { Client } from 'pg';

/** How the queue is filled. */
export interface QueueShape {
  readonly tenantId: string;
  readonly runs: number;
  readonly projects: number;
  readonly priorities: number;
}

/** Fills the queue as RunQueued would have, with its events, by a few set-based statements. */
export async function fillQueue(client: Client, { tenantId, runs, projects, priorities }: QueueShape): Promise<void> {
  const recipe = { steps: [{ tool: 'noop', with: { durationMs: 0 } }] };
  await client.query(
    `insert into agent_manager.tool_sets (tools) values (array['noop']), (array['noop', 'process.run'])`,
  );
  await client.query(
    `insert into agent_manager.projects (id, tenant_id, max_running) select gen_random_uuid(), $1, 1000 from generate_series(1, $2)`,
    [tenantId, projects],
  );
  await client.query(
    `with project as (select array_agg(id) as ids from agent_manager.projects)
    insert into agent_manager.runs (id, tenant_id, project_id, work_item_id, attempt, tool_set_id, priority, ready_since, recipe, origin, status)
    select gen_random_uuid(), $1, project.ids[1 + n % $3], gen_random_uuid(), 1, 1 + (n / $3) % 2, (n / 7) % $4,
      clock_timestamp() - ($2::int - n) * interval '1 ms', $5, '{"correlationId":"bench"}', 'queued'
    from project, generate_series(1, $2::int) n`,
    [tenantId, runs, projects, priorities, JSON.stringify(recipe)],
  );
  const queued = codec.encode('RunQueued', {
    runId: randomUUID(),
    workItemId: randomUUID(),
    projectId: randomUUID(),
    attempt: 1,
    maxAttempts: 3,
    priority: 5,
    toolRecipe: recipe,
    tools: ['noop'],
    timeoutMs: null,
  });
  await client.query(
    `insert into event_store.events (era, kind, stream, version, tenant_id, type, schema_id, data, metadata)
    select 1, 'event', 'Run-' || id, 1, $1, 'RunQueued', $2, $3, '{"commandId":"bench"}' from agent_manager.runs`,
    [tenantId, queued.schemaId, queued.data],
  );
  await client.query('vacuum analyze');
}

/** Ends everything that runs, as if all agents had finished at once. */
export async function finishRunning(client: Client): Promise<void> {
  // By index, so that scans of the large table are those of the claims.
  await client.query('set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off');
  await client.query(
    `with ended as (delete from agent_manager.leases returning run_id)
    update agent_manager.runs r set status = 'completed', ended_at = now() from ended where r.id = ended.run_id`,
  );
}
