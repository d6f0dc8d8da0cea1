import { streamId, type CommandRunner } from '@codex/event-sourcing';
import type { Sql } from '@codex/postgres';
import { agentDecider } from '../domain/agent.decider';
import { markSeen } from '../persistence/agent-directory';
import { ownCommand } from './run-message';

/**
 * Remembers which agents called and writes it down now and then, for all of them in one statement: at most one write
 * an agent in each interval, whatever it calls. An agent that was given up and calls again is welcomed back.
 */
export class Liveness {
  private seen = new Set<string>();

  constructor(
    private readonly sql: Sql,
    private readonly commands: CommandRunner,
    /** Somebody may claim again. */
    private readonly returned: () => void,
  ) {}

  /** Free of I/O. */
  notice(agentId: string): void {
    this.seen.add(agentId);
  }

  /** Writes down who called since the last time. What could not be written is written the next time. */
  async flush(): Promise<void> {
    if (this.seen.size === 0) return;
    const seen = this.seen;
    this.seen = new Set();
    try {
      const returned = await markSeen(this.sql, [...seen]);
      for (const { id, tenantId } of returned) await this.welcome(id, tenantId);
      if (returned.length > 0) this.returned();
    } catch (error) {
      for (const agentId of seen) this.seen.add(agentId);
      throw error;
    }
  }

  private async welcome(agentId: string, tenantId: string): Promise<void> {
    const command = { type: 'WelcomeAgentBack', data: { agentId }, metadata: ownCommand(tenantId) } as const;
    await this.commands.run(agentDecider, streamId(agentDecider.category, agentId), command);
  }
}
