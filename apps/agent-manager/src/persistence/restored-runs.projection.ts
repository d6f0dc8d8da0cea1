import type { RunCompletedData, RunQueuedData, RunStartedData } from '@codex/contracts';
import type { RecordedEvent } from '@codex/event-sourcing';
import type { InlineProjection } from '@codex/event-store-postgres';
import type { Sql } from '@codex/postgres';
import { runStream } from '../application/run-message';
import { insertQueued, noteAttempts } from './fact-store';
import { saveLostArtifacts } from './artifact-store';

/**
 * Brings back the queue, the runs that were with agents, and what is known of artifacts, when the event table was
 * restored; in normal life these rows are written with the decisions.
 *
 * Tokens are in no event, so nobody can hold a lease any more: each run that had begun gets one that is over, and the
 * sweeper loses it once, like any other. Runs that ended are left to their streams. The bytes of artifacts are gone.
 */
export const restoredRuns: InlineProjection = {
  types: new Set(['RunQueued', 'RunStarted', 'RunCompleted']),
  async apply(tx: Sql, events: readonly RecordedEvent[]): Promise<void> {
    await requeue(tx, ofType<RunQueuedData>(events, 'RunQueued'));
    await restart(tx, ofType<RunStartedData>(events, 'RunStarted'));
    for (const { data, tenantId, recordedAt } of ofType<RunCompletedData>(events, 'RunCompleted')) {
      await saveLostArtifacts(tx, { ...data, tenantId, recordedAt });
    }
  },
};

type EventAbout<Data> = Omit<RecordedEvent, 'data'> & { readonly data: Data };

function ofType<Data>(events: readonly RecordedEvent[], type: string): readonly EventAbout<Data>[] {
  return events.filter((event) => event.type === type) as unknown as readonly EventAbout<Data>[];
}

async function requeue(tx: Sql, events: readonly EventAbout<RunQueuedData>[]): Promise<void> {
  if (events.length === 0) return;
  const attempts = new Map<string, { workItemId: string; tenantId: string; attempt: number }>();
  for (const { data, tenantId } of events) {
    const { workItemId, attempt } = data;
    if ((attempts.get(workItemId)?.attempt ?? 0) < attempt) attempts.set(workItemId, { workItemId, tenantId, attempt });
  }
  await noteAttempts(tx, [...attempts.values()]);
  const live = await versionsOfLive(tx, events);
  const queued = events.filter(({ data }) => live.has(data.runId));
  await insertQueued(
    tx,
    queued.map(({ data, tenantId, metadata: { correlationId, traceparent } }) => {
      const { toolRecipe: recipe, maxAttempts: _unused, ...run } = data;
      const origin = traceparent === undefined ? { correlationId } : { correlationId, traceparent };
      return { ...run, recipe, tenantId, origin };
    }),
  );
  await tx.query(
    `update agent_manager.runs r set ready_since = u.at from unnest($1::uuid[], $2::timestamptz[]) u(id, at) where r.id = u.id`,
    [queued.map(({ data }) => data.runId), queued.map(({ recordedAt }) => recordedAt)],
  );
}

async function restart(tx: Sql, events: readonly EventAbout<RunStartedData>[]): Promise<void> {
  const live = await versionsOfLive(tx, events);
  const started = events.filter(({ data }) => live.has(data.runId));
  await tx.query(
    `with started as (
       update agent_manager.runs r set status = 'running', agent_id = u.agent_id, started_at = u.at
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::int[]) u(id, agent_id, at, version)
        where r.id = u.id returning r.id, r.agent_id, r.project_id, u.version
     )
     insert into agent_manager.leases (run_id, agent_id, project_id, token_hash, version, expires_at)
     select id, agent_id, project_id, sha256(gen_random_uuid()::text::bytea), version, '-infinity' from started`,
    [
      started.map(({ data }) => data.runId),
      started.map(({ data }) => data.agentId),
      started.map(({ recordedAt }) => recordedAt),
      started.map(({ data }) => live.get(data.runId)!),
    ],
  );
}

/** Of these runs those that have not ended, each with the last version of its stream. All events are in the table. */
async function versionsOfLive(
  tx: Sql,
  events: readonly EventAbout<{ readonly runId: string }>[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ id: string; version: number }>(
    `select u.id, last.version from unnest($1::text[], $2::text[]) u(id, stream) cross join lateral (
       select e.version, e.type from event_store.events e where e.stream = u.stream and e.version is not null
        order by e.version desc limit 1) last
      where last.type in ('RunQueued', 'RunStarted', 'RunProgressed')`,
    [events.map(({ data }) => data.runId), events.map(({ data }) => runStream(data.runId))],
  );
  return new Map(rows.map(({ id, version }) => [id, version]));
}
