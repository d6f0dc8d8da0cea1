import { randomUUID } from 'node:crypto';
import { codec } from '@codex/contracts';
import { eventStoreMigrations } from '@codex/event-store-postgres';
import { inboxMigrations } from '@codex/kafka-messaging';
import { runMigrations } from '@codex/postgres';
import type { Client } from 'pg';
import { LostBytes1760000001003 } from '../../apps/agent-manager/src/persistence/lost-bytes.migration';
import { RunQueue1760000001001 } from '../../apps/agent-manager/src/persistence/run-queue.migration';
import { fillQueue } from '../claims/queued-runs';
import { runStatements } from '../run-statements';

/** Of each run: queued, started, progress, completed. */
export const EVENTS_A_RUN = 10;
/** So many runs go on at the same time, so the events of one lie in as many places. */
const INTERLEAVED = 1_000;
const EVENTS_A_STATEMENT = 500_000;
const QUEUE = { runs: 20_000, projects: 50, priorities: 3 };

/** A database of agent-manager and how much it shall hold. */
export interface StoreSize {
  readonly databaseUrl: string;
  readonly tenantId: string;
  readonly finishedRuns: number;
}

/** The stream of a run that {@link fillStore} made, by its number from 0. */
export const FINISHED_STREAM = `'Run-' || md5('run' || n)::uuid`;

/**
 * A database of agent-manager as a month leaves it: runs that ended within the retention of 30 days, all their events
 * published, what is known of their work items, references to artifacts, the guards of its consumer, idempotency keys of
 * seven days, and a queue that waits. Vacuumed and analyzed, as its autovacuum would have by then.
 */
export async function fillStore(client: Client, size: StoreSize): Promise<void> {
  const { databaseUrl } = size;
  await runMigrations(databaseUrl, 'event_store.migrations', eventStoreMigrations);
  await runMigrations(databaseUrl, 'inbox.migrations', inboxMigrations);
  await runMigrations(databaseUrl, 'agent_manager.migrations', [RunQueue1760000001001, LostBytes1760000001003]);
  await fillQueue(client, { ...QUEUE, tenantId: size.tenantId });
  await client.query(`set maintenance_work_mem = '512MB'`);
  await fillEvents(client, size);
  await runStatements(client, statements, [size.finishedRuns, size.tenantId]);
  await client.query('vacuum (freeze, analyze) event_store.events');
  await client.query('vacuum (analyze)');
}

/** Everything there is counts as published, so that a relay which starts has nothing to do. */
export async function publishAll(client: Client): Promise<void> {
  await client.query(
    `insert into event_store.relay_cursors (name, era, xid, position)
     select 'agent-manager', e.era, e.xid, e.position from event_store.events e order by e.era desc, e.xid desc, e.position desc limit 1
     on conflict (name) do update set era = excluded.era, xid = excluded.xid, position = excluded.position`,
  );
}

// The index over streams is made at the end, with the room in its pages that growing at random leaves.
async function fillEvents(client: Client, { tenantId, finishedRuns }: StoreSize): Promise<void> {
  const { rows } = await client.query<{ definition: string }>(
    `select pg_get_indexdef('event_store.events_stream'::regclass) as definition`,
  );
  await client.query('drop index event_store.events_stream');
  await client.query('alter table event_store.events set (autovacuum_enabled = false)');
  const total = finishedRuns * EVENTS_A_RUN;
  for (let from = 0; from < total; from += EVENTS_A_STATEMENT) {
    await client.query(EVENTS, [
      from,
      Math.min(total, from + EVENTS_A_STATEMENT),
      total,
      tenantId,
      ...bodies(),
      METADATA,
    ]);
  }
  await client.query(`${rows[0]!.definition} with (fillfactor = 70)`);
  await client.query('alter index event_store.events_stream reset (fillfactor)');
  await client.query('alter table event_store.events reset (autovacuum_enabled)');
}

/** The same for all: nobody looks at it, and making a million times five ids takes minutes. */
const METADATA = JSON.stringify({
  ...{ messageId: randomUUID(), commandId: randomUUID(), correlationId: randomUUID(), causationId: randomUUID() },
  actor: 'agent-17',
});

const EVENTS = `
  insert into event_store.events (era, kind, stream, version, tenant_id, type, schema_id, data, metadata, recorded_at)
  select 1, 'event', ${FINISHED_STREAM}, v, $4, ($5::text[])[b], ($6::int[])[b], ($7::bytea[])[b],
    $8::jsonb,
    clock_timestamp() - (1 - k::float8 / $3) * interval '29 days'
  from (
    select k, v, k / ${INTERLEAVED * EVENTS_A_RUN} * ${INTERLEAVED} + k % ${INTERLEAVED} as n, case v when 1 then 1 when 2 then 2 when ${EVENTS_A_RUN} then 4 else 3 end as b
    from (select k, k % ${INTERLEAVED * EVENTS_A_RUN} / ${INTERLEAVED} + 1 as v from generate_series($1::int, $2::int - 1) k) x
  ) y`;

function bodies(): [types: string[], schemaIds: number[], data: Buffer[]] {
  const run = { runId: randomUUID(), workItemId: randomUUID(), projectId: randomUUID(), attempt: 1 };
  const agentId = randomUUID();
  const recipe = { steps: [{ tool: 'repository.analyze', with: { url: 'https://example.com/a.git', depth: 50 } }] };
  const queued = {
    ...run,
    maxAttempts: 3,
    priority: 5,
    toolRecipe: recipe,
    tools: ['repository.analyze'],
    timeoutMs: null,
  };
  const events = {
    RunQueued: queued,
    RunStarted: { ...run, agentId, leaseExpiresAt: new Date().toISOString() },
    RunProgressed: { ...run, agentId, percent: 50, message: 'half of it' },
    RunCompleted: { ...run, status: 'completed', agentId, durationMs: 9_000, result: { files: 1_200 }, artifacts: [] },
  };
  const encoded = Object.entries(events).map(([type, data]) => ({ type, ...codec.encode(type, data) }));
  return [encoded.map(({ type }) => type), encoded.map(({ schemaId }) => schemaId), encoded.map(({ data }) => data)];
}

const ITEM = `('01900000-0002-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
const RUN = `md5('run' || n)::uuid`;
const ALL = 'generate_series(0, $1::int - 1) n';
const AGO = (days: number) => `clock_timestamp() - (1 - n::float8 / $1) * interval '${days} days'`;
const PROJECT = 'project.ids[1 + n % cardinality(project.ids)]';

const statements: readonly string[] = [
  `with project as materialized (select array_agg(id) as ids from agent_manager.projects)
   insert into agent_manager.runs (id, tenant_id, project_id, work_item_id, attempt, tool_set_id, priority, ready_since, status,
     agent_id, token_hash, started_at, ended_at, recipe, origin)
   select ${RUN}, $2::uuid, ${PROJECT}, ${ITEM}, 1, 1 + n % 2, 5, ${AGO(29)}, 'completed', md5('agent' || n % 8)::uuid, sha256('token'),
     ${AGO(29)}, ${AGO(29)} + interval '9 seconds', '{"steps":[{"tool":"repository.analyze","with":{"url":"https://example.com/a.git","depth":50}}]}',
     '{"correlationId":"bench"}' from project, ${ALL}`,
  `insert into agent_manager.work_items (id, tenant_id, last_attempt) select ${ITEM}, $2::uuid, 1 from ${ALL}`,
  `insert into agent_manager.artifacts (sha256, bytes) select sha256(n::text::bytea), repeat('x', 500)::bytea from generate_series(0, 9999) n`,
  `insert into agent_manager.artifact_references (id, tenant_id, work_item_id, run_id, name, media_type, size, sha256, created_at)
   select md5('artifact' || n)::uuid, $2::uuid, ${ITEM}, ${RUN}, 'report.json', 'application/json', 500, sha256((n % 10000)::text::bytea), ${AGO(29)} from ${ALL}`,
  `insert into inbox.guards (consumer_group, stream, version, event_id)
   select 'agent-manager.facts', category || ${ITEM}, 4, md5('g' || n) from unnest(array['Task-', 'WorkItem-']) category, ${ALL}`,
  `insert into event_store.commands (tenant_id, key, fingerprint, response, at)
   select $2, 'POST /v1/runs/complete:' || md5('k' || n)::uuid, repeat('f', 64),
     ('{"id":"01900000-0002-7000-8000-000000000001","commandId":"01900000-0002-7000-8000-000000000001","version":10,"events":["RunCompleted"],' ||
       '"stream":"Run-01900000-0002-7000-8000-000000000001","consistencyToken":"Run-01900000-0002-7000-8000-000000000001@10"}')::json, ${AGO(6.9)} from ${ALL}`,
];
