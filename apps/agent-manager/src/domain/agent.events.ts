import type {
  AgentDeregistered,
  AgentDraining,
  AgentLost,
  AgentRegistered,
  AgentRegisteredData,
  AgentResumed,
} from '@codex/contracts';

/** What can happen on an Agent stream. */
export type AgentStreamEvent = AgentRegistered | AgentDraining | AgentResumed | AgentLost | AgentDeregistered;

/** Who an agent is and what it can do. */
export type AgentProfile = AgentRegisteredData;
