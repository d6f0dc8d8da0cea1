import { binaryArray, type Sql } from '@codex/postgres';
import { LEASE_TTL_MS, type LeaseProof } from '../domain/lease';
import { runFacts, type RunColumns, type RunFacts, type RunOrigin } from './run-row';

/** At most one progress event in this time a run. */
const PROGRESS_INTERVAL_MS = 1_000;

/** What became of one lease at a heartbeat. `progress` is set when an event is due for it. */
export interface RenewedLease {
  readonly runId: string;
  readonly status: 'ok' | 'lost' | 'cancelled';
  readonly leaseExpiresAt: string | null;
  readonly progress: {
    readonly run: Omit<RunFacts, 'tenantId'>;
    readonly origin: RunOrigin;
    readonly version: number;
  } | null;
}

/** A run under the caller's token, locked. `version` is that of the stream, known while a lease is held. */
export interface EndedRun extends RunFacts {
  readonly status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'lost';
  readonly proof: LeaseProof;
  readonly agentId: string | null;
  readonly origin: RunOrigin;
  readonly version: number | null;
  readonly durationMs: number;
}

/** A run whose lease ran out, or which took too long. */
export interface ExpiredRun extends RunFacts {
  readonly agentId: string;
  readonly origin: RunOrigin;
  readonly version: number;
  readonly durationMs: number;
  readonly timedOut: boolean;
}

/** A live run that was taken back. `version` is that of its stream before. */
export interface CancelledRun extends RunFacts {
  readonly agentId: string | null;
  readonly wasRunning: boolean;
  readonly version: number;
}

/** Renews exactly the listed pairs that are still held; one answer for each, in their order. Run ids must be distinct. */
export async function renewLeases(
  sql: Sql,
  agentId: string,
  pairs: readonly { readonly runId: string; readonly tokenHash: Buffer; readonly hasProgress: boolean }[],
): Promise<readonly RenewedLease[]> {
  const { rows } = await sql.query({
    name: 'renew-leases',
    text: 'select * from agent_manager.heartbeat($1, $2::uuid[], $3::bytea[], $4::boolean[], $5, $6)',
    values: [
      agentId,
      pairs.map((pair) => pair.runId),
      pairs.map((pair) => pair.tokenHash),
      pairs.map((pair) => pair.hasProgress),
      LEASE_TTL_MS,
      PROGRESS_INTERVAL_MS,
    ],
  });
  return rows.map((row) => ({
    runId: row.id,
    status: row.status,
    leaseExpiresAt: row.expires_at?.toISOString() ?? null,
    progress:
      row.progress_version === null
        ? null
        : { run: runFacts(row), origin: row.origin as RunOrigin, version: row.progress_version },
  }));
}

/** A run that ends, by whoever has the token. */
export interface EndingLease {
  readonly runId: string;
  readonly tenantId: string;
  readonly tokenHash: Buffer;
  readonly status: 'completed' | 'failed';
}

/**
 * Locks these runs and ends the leases that their tokens hold; one answer for each, in their order, null where the tenant
 * has no such run. Runs are locked in id order, so that two batches can't lock each other out. Run ids must be distinct.
 */
export async function endRuns(tx: Sql, endings: readonly EndingLease[]): Promise<readonly (EndedRun | null)[]> {
  const ordered = endings.toSorted((a, b) => (a.runId < b.runId ? -1 : 1));
  const { rows } = await tx.query<EndedRunRow>({
    name: 'end-runs',
    text: `select u.run_id as id, u.tenant_id, e.*
      from unnest($1::text[]::uuid[], $2::text[]::uuid[], $3::bytea[], $4::text[]) as u(run_id, tenant_id, token_hash, ends_as)
      cross join lateral agent_manager.end_run(u.run_id, u.tenant_id, u.token_hash, u.ends_as) as e`,
    values: [
      binaryArray.text(ordered.map(({ runId }) => runId)),
      binaryArray.text(ordered.map(({ tenantId }) => tenantId)),
      binaryArray.bytea(ordered.map(({ tokenHash }) => tokenHash)),
      binaryArray.text(ordered.map(({ status }) => status)),
    ],
  });
  const byId = new Map(rows.map((row) => [row.id, endedRun(row)]));
  return endings.map(({ runId }) => byId.get(runId.toLowerCase()) ?? null);
}

interface EndedRunRow extends RunColumns {
  readonly status: EndedRun['status'];
  readonly proof: LeaseProof;
  readonly agent_id: string | null;
  readonly origin: RunOrigin;
  readonly version: number | null;
  readonly duration_ms: number | null;
}

function endedRun(row: EndedRunRow): EndedRun {
  return {
    ...runFacts(row),
    status: row.status,
    proof: row.proof,
    agentId: row.agent_id,
    origin: row.origin,
    version: row.version,
    durationMs: Math.max(0, Math.round(row.duration_ms ?? 0)),
  };
}

/** Ends up to `limit` leases whose time is over, leaving out what another replica is about to end. */
export async function endExpiredLeases(tx: Sql, limit: number): Promise<readonly ExpiredRun[]> {
  const { rows } = await tx.query<
    RunColumns & { agent_id: string; origin: RunOrigin; version: number; duration_ms: number; timed_out: boolean }
  >({ name: 'end-expired', text: 'select * from agent_manager.end_expired($1)', values: [limit] });
  return rows.map((row) => ({
    ...runFacts(row),
    agentId: row.agent_id,
    origin: row.origin,
    version: row.version,
    durationMs: Math.max(0, Math.round(row.duration_ms)),
    timedOut: row.timed_out,
  }));
}

/** Takes back the live runs of these work items. */
export async function cancelRuns(tx: Sql, workItemIds: readonly string[]): Promise<readonly CancelledRun[]> {
  const { rows } = await tx.query<RunColumns & { agent_id: string | null; was_running: boolean; version: number }>({
    name: 'cancel-runs',
    text: 'select * from agent_manager.cancel($1::uuid[])',
    values: [workItemIds],
  });
  return rows.map((row) => ({
    ...runFacts(row),
    agentId: row.agent_id,
    wasRunning: row.was_running,
    version: row.version,
  }));
}
