import { streamId, type CommandRunner } from '@codex/event-sourcing';
import type { PostgresEventStore } from '@codex/event-store-postgres';
import type { Sql } from '@codex/postgres';
import { agentDecider } from '../domain/agent.decider';
import { runDecider } from '../domain/run.decider';
import { findSilent } from '../persistence/agent-directory';
import { endExpiredLeases, type ExpiredRun } from '../persistence/lease-store';
import { retryConflicts } from './conflict-retry';
import { ownCommand, runAppend } from './run-message';

/** An agent that has not called for this long is lost. */
export const AGENT_SILENCE_MS = 60_000;
const BATCH = 200;

/**
 * Ends what nobody keeps alive: leases whose end has passed by the database's clock, runs far beyond their time, agents
 * that fell silent. Any number of replicas may sweep at once.
 */
export class Sweeper {
  private readonly startedAt = performance.now();

  constructor(
    private readonly options: {
      readonly sql: Sql;
      readonly store: Pick<PostgresEventStore, 'transaction'>;
      readonly commands: CommandRunner;
      /** Slots are free now. */
      readonly freed: () => void;
    },
  ) {}

  /** Ends expired leases, batch by batch, until none is left. Returns how many. */
  async endLeases(): Promise<number> {
    let ended = 0;
    for (;;) {
      const count = await retryConflicts(() => this.endBatch());
      ended += count;
      if (count > 0) this.options.freed();
      if (count < BATCH) return ended;
    }
  }

  /**
   * Gives up agents that have been silent. Not before this process has been there for as long itself: while nobody
   * listened, nobody could be heard.
   */
  async giveUpAgents(silentMs = AGENT_SILENCE_MS): Promise<void> {
    if (performance.now() - this.startedAt < silentMs) return;
    for (const { id, tenantId, lastSeenAt } of await findSilent(this.options.sql, silentMs)) {
      const metadata = ownCommand(tenantId);
      const command = { type: 'GiveAgentUp', data: { agentId: id, lastSeenAt }, metadata } as const;
      await this.options.commands.run(agentDecider, streamId(agentDecider.category, id), command);
    }
  }

  private endBatch(): Promise<number> {
    return this.options.store.transaction(async (tx) => {
      const expired = await endExpiredLeases(tx, BATCH);
      if (expired.length > 0) await tx.append(expired.map(lostRequest));
      return expired.length;
    });
  }
}

function lostRequest(expired: ExpiredRun) {
  const { runId, workItemId, projectId, attempt, tenantId, agentId, origin, version, durationMs } = expired;
  const run = { runId, workItemId, projectId, attempt };
  const metadata = ownCommand(tenantId, origin);
  const reason = expired.timedOut ? 'TIMEOUT' : 'LEASE_EXPIRED';
  const events = runDecider.decide(
    { type: 'LoseRun', data: { runId, durationMs, reason }, metadata },
    { status: 'running', run, agentId },
  );
  return { commandId: metadata.commandId, streams: [runAppend({ ...run, origin, version }, events, metadata)] };
}
