import type { DomainCommand } from '@codex/event-sourcing';
import type { AgentProfile } from './agent.events';

/** The agent announces itself, again and again with every start. */
export type RegisterAgent = DomainCommand<'RegisterAgent', AgentProfile>;
export type DrainAgent = DomainCommand<'DrainAgent', { readonly agentId: string; readonly reason: string | null }>;
export type ResumeAgent = DomainCommand<'ResumeAgent', { readonly agentId: string; readonly reason: string | null }>;
export type DeregisterAgent = DomainCommand<
  'DeregisterAgent',
  { readonly agentId: string; readonly reason: string | null }
>;
/** The agent has been silent for too long. */
export type GiveAgentUp = DomainCommand<'GiveAgentUp', { readonly agentId: string; readonly lastSeenAt: string }>;
/** An agent that was given up has called. */
export type WelcomeAgentBack = DomainCommand<'WelcomeAgentBack', { readonly agentId: string }>;

export type AgentCommand = RegisterAgent | DrainAgent | ResumeAgent | DeregisterAgent | GiveAgentUp | WelcomeAgentBack;
