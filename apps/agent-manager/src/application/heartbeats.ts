import type { CommandMetadata } from '@codex/event-sourcing';
import { NotFound } from '@codex/event-sourcing';
import type { PostgresEventStore } from '@codex/event-store-postgres';
import type { Sql } from '@codex/postgres';
import { AgentGone } from '../domain/agent.errors';
import { runDecider } from '../domain/run.decider';
import { agentStatus } from '../persistence/agent-directory';
import { renewLeases, type RenewedLease } from '../persistence/lease-store';
import { retryConflicts } from './conflict-retry';
import { hashLeaseToken } from './lease-token';
import { runAppend } from './run-message';

/** A run that its agent says it is working on. */
export interface Beat {
  readonly runId: string;
  readonly leaseToken: string;
  readonly progress: { readonly percent: number | null; readonly message: string | null } | null;
}

/** What the agent is told about a run. Stop working on everything that is not `ok`. */
export type BeatAnswer = Pick<RenewedLease, 'runId' | 'status' | 'leaseExpiresAt'>;

/** Keeps leases alive and notes progress. */
export class Heartbeats {
  constructor(
    private readonly sql: Sql,
    private readonly store: Pick<PostgresEventStore, 'transaction'>,
  ) {}

  /** Renews exactly the listed pairs. A run listed twice counts once, with its last token. */
  async beat(agentId: string, beats: readonly Beat[], command: CommandMetadata): Promise<readonly BeatAnswer[]> {
    const status = await agentStatus(this.sql, command.tenantId, agentId);
    if (status === null) throw new NotFound(`agent ${agentId}`);
    if (status === 'gone') throw new AgentGone(agentId);
    const distinct = [...new Map(beats.map((beat) => [beat.runId, beat])).values()];
    if (distinct.length === 0) return [];
    const renewed = distinct.some((beat) => beat.progress !== null)
      ? await retryConflicts(() => this.withProgress(agentId, distinct, command))
      : await renewLeases(this.sql, agentId, distinct.map(pairOf));
    return renewed.map(({ runId, status: of, leaseExpiresAt }) => ({ runId, status: of, leaseExpiresAt }));
  }

  private withProgress(
    agentId: string,
    beats: readonly Beat[],
    command: CommandMetadata,
  ): Promise<readonly RenewedLease[]> {
    return this.store.transaction(async (tx) => {
      const renewed = await renewLeases(tx, agentId, beats.map(pairOf));
      const streams = renewed.flatMap((lease, index) => progressAppend(lease, agentId, beats[index]!, command) ?? []);
      if (streams.length > 0) await tx.append([{ commandId: command.commandId, streams }]);
      return renewed;
    });
  }
}

function pairOf({ runId, leaseToken, progress }: Beat) {
  return { runId, tokenHash: hashLeaseToken(leaseToken), hasProgress: progress !== null };
}

function progressAppend({ progress }: RenewedLease, agentId: string, beat: Beat, metadata: CommandMetadata) {
  if (progress === null || beat.progress === null) return null;
  const { runId, workItemId, projectId, attempt } = progress.run;
  const run = { runId, workItemId, projectId, attempt };
  const { percent, message } = beat.progress;
  const events = runDecider.decide(
    { type: 'ReportProgress', data: { runId, percent, message }, metadata },
    { status: 'running', run, agentId },
  );
  return runAppend({ ...run, origin: progress.origin, version: progress.version - 1 }, events, metadata);
}
