import type { CommandMetadata } from '@codex/event-sourcing';
import type { PostgresEventStore } from '@codex/event-store-postgres';
import type { Sql } from '@codex/postgres';
import type { Assignment, ClaimingAgent } from '../domain/claim-order';
import { runDecider } from '../domain/run.decider';
import { findClaimants, type ClaimantRow } from '../persistence/agent-directory';
import { claimRuns, readQueue, type ClaimedRun } from '../persistence/claim-store';
import { retryConflicts } from './conflict-retry';
import { mintLeaseTokens } from './lease-token';
import { QueueMemo } from './queue-memo';
import { runAppend } from './run-message';

/** One agent's request for runs. */
export interface ClaimRequest {
  readonly agentId: string;
  readonly max: number;
  readonly command: CommandMetadata;
}

/** A run with the secret that makes its lease the agent's. */
export type LeasedRun = ClaimedRun & { readonly leaseToken: string };

/** What a request got: runs, or that its agent is not there to get any. */
export type ClaimOutcome =
  | { readonly agent: 'missing' }
  | { readonly agent: 'gone' }
  | { readonly agent: 'known'; readonly runs: readonly LeasedRun[] };

const MAX_LOOKS = 3;

/**
 * Serves the requests of many agents of one tenant at once: one look at the queue, one transaction for all that is
 * claimed. So agents do not wait for each other's locks, and a run costs a fraction of a transaction.
 */
export class ClaimRound {
  private readonly memos = new Map<string, QueueMemo>();

  constructor(
    private readonly sql: Sql,
    private readonly store: Pick<PostgresEventStore, 'transaction'>,
  ) {}

  /** Runs were added or taken back, priorities or limits moved: look at the queue anew. */
  queueChanged(): void {
    this.memos.clear();
  }

  /** One outcome for each request, in their order. All or none of the claims are stored. */
  async serve(tenantId: string, requests: readonly ClaimRequest[]): Promise<readonly ClaimOutcome[]> {
    const ids = [...new Set(requests.map(({ agentId }) => agentId))];
    const claimants = new Map((await findClaimants(this.sql, tenantId, ids)).map((row) => [row.id, row]));
    const runs = await this.claimFor(tenantId, requests, claimingAgents(requests, claimants));
    const pools = Map.groupBy(runs, (run) => run.agentId);
    return requests.map((request) => outcomeOf(request, claimants.get(request.agentId), pools));
  }

  /** Looks again when others took everything that was chosen: there may be more behind it. */
  private async claimFor(
    tenantId: string,
    requests: readonly ClaimRequest[],
    agents: readonly ClaimingAgent[],
  ): Promise<readonly LeasedRun[]> {
    for (let look = 1; look <= MAX_LOOKS; look++) {
      const assignments = await this.propose(tenantId, agents);
      if (assignments.length === 0) break;
      const runs = await retryConflicts(() => this.claim(assignments, requests));
      if (runs.length < assignments.length) this.memos.get(tenantId)?.forget();
      if (runs.length > 0) return runs;
    }
    return [];
  }

  private async propose(tenantId: string, agents: readonly ClaimingAgent[]): Promise<readonly Assignment[]> {
    if (agents.length === 0) return [];
    if (!this.memos.has(tenantId)) this.memos.set(tenantId, new QueueMemo());
    const memo = this.memos.get(tenantId)!;
    return memo.propose(agents, (toolSets, perLane) => readQueue(this.sql, { tenantId, toolSets, perLane }));
  }

  private claim(assignments: readonly Assignment[], requests: readonly ClaimRequest[]): Promise<readonly LeasedRun[]> {
    const tokens = mintLeaseTokens(assignments.length);
    const commands = new Map(requests.map(({ agentId, command }) => [agentId, command]));
    return this.store.transaction(async (tx) => {
      const claimed = await claimRuns(
        tx,
        assignments,
        tokens.map(({ hash }) => hash),
      );
      const byAgent = Map.groupBy(claimed, (run) => run.agentId);
      await tx.append(
        [...byAgent].map(([agentId, runs]) => {
          const command = commands.get(agentId)!;
          return { commandId: command.commandId, streams: runs.map((run) => startedAppend(run, command)) };
        }),
      );
      return claimed.map((run) => ({ ...run, leaseToken: tokens[run.place]!.token }));
    });
  }
}

/** A queued run's stream holds RunQueued and nothing else. */
const QUEUED_VERSION = 1;

function startedAppend(run: ClaimedRun, metadata: CommandMetadata) {
  const { runId, agentId, leaseExpiresAt, workItemId, projectId, attempt } = run;
  const identity = { runId, workItemId, projectId, attempt };
  const events = runDecider.decide(
    { type: 'ClaimRun', data: { runId, agentId, leaseExpiresAt }, metadata },
    { status: 'queued', run: identity },
  );
  return runAppend({ ...identity, origin: run.origin, version: QUEUED_VERSION }, events, metadata);
}

function claimingAgents(
  requests: readonly ClaimRequest[],
  claimants: ReadonlyMap<string, ClaimantRow>,
): readonly ClaimingAgent[] {
  const wanted = new Map<string, number>();
  for (const { agentId, max } of requests) wanted.set(agentId, (wanted.get(agentId) ?? 0) + max);
  return [...claimants.values()]
    .filter((agent) => agent.status === 'online')
    .map(({ id, freeSlots, toolSets }) => ({
      agentId: id,
      wanted: Math.min(freeSlots, wanted.get(id)!),
      toolSets: new Set(toolSets),
    }))
    .filter((agent) => agent.wanted > 0 && agent.toolSets.size > 0);
}

function outcomeOf(
  request: ClaimRequest,
  claimant: ClaimantRow | undefined,
  pools: ReadonlyMap<string, LeasedRun[]>,
): ClaimOutcome {
  if (claimant === undefined) return { agent: 'missing' };
  if (claimant.status === 'gone') return { agent: 'gone' };
  return { agent: 'known', runs: pools.get(request.agentId)?.splice(0, request.max) ?? [] };
}
