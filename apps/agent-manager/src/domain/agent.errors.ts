import { Refusal } from '@codex/event-sourcing';

/** The agent was deregistered; it has to register again before it can do anything. */
export class AgentGone extends Refusal {
  readonly code = 'AGENT_GONE';

  constructor(readonly agentId: string) {
    super(`agent ${agentId} was deregistered; it has to register again`);
  }
}
