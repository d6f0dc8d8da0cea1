import { NotFound, type Decider } from '@codex/event-sourcing';
import type {
  AgentCommand,
  DeregisterAgent,
  DrainAgent,
  GiveAgentUp,
  RegisterAgent,
  ResumeAgent,
} from './agent.commands';
import { AgentGone } from './agent.errors';
import type { AgentProfile, AgentStreamEvent } from './agent.events';
import { evolve, initialState, type AgentState } from './agent.state';

/** Registration, draining and loss of one agent. */
export const agentDecider: Decider<AgentCommand, AgentState, AgentStreamEvent> = {
  category: 'Agent',
  stateVersion: 1,
  initialState,
  evolve,
  decide(command, state) {
    if (command.type === 'RegisterAgent') return register(command, state);
    if (state.status === 'absent') throw new NotFound(`agent ${command.data.agentId}`);
    switch (command.type) {
      case 'DrainAgent':
        return drain(command, state);
      case 'ResumeAgent':
        return resume(command, state);
      case 'DeregisterAgent':
        return deregister(command, state);
      case 'GiveAgentUp':
        return giveUp(command, state);
      case 'WelcomeAgentBack':
        return state.status === 'lost' ? comeBack(state) : [];
    }
  },
};

function register({ data }: RegisterAgent, state: AgentState): readonly AgentStreamEvent[] {
  const registered: AgentStreamEvent = { type: 'AgentRegistered', data };
  if (state.status === 'lost' && state.drained) return [registered, draining(data.agentId)];
  const isActive = state.status === 'online' || state.status === 'draining';
  return isActive && sameProfile(state.profile, data) ? [] : [registered];
}

function drain({ data }: DrainAgent, state: AgentState): readonly AgentStreamEvent[] {
  if (state.status === 'gone') throw new AgentGone(data.agentId);
  if (state.status === 'draining' || (state.status === 'lost' && state.drained)) return [];
  return [{ type: 'AgentDraining', data: { agentId: data.agentId, reason: data.reason } }];
}

function resume({ data }: ResumeAgent, state: AgentState): readonly AgentStreamEvent[] {
  if (state.status === 'gone') throw new AgentGone(data.agentId);
  if (state.status === 'online') return [];
  return [{ type: 'AgentResumed', data: { agentId: data.agentId, reason: data.reason } }];
}

function deregister({ data }: DeregisterAgent, state: AgentState): readonly AgentStreamEvent[] {
  if (state.status === 'gone') return [];
  return [{ type: 'AgentDeregistered', data: { agentId: data.agentId, reason: data.reason } }];
}

function giveUp({ data }: GiveAgentUp, state: AgentState): readonly AgentStreamEvent[] {
  if (state.status !== 'online' && state.status !== 'draining') return [];
  return [{ type: 'AgentLost', data: { agentId: data.agentId, lastSeenAt: data.lastSeenAt } }];
}

function comeBack(state: Extract<AgentState, { status: 'lost' }>): readonly AgentStreamEvent[] {
  const { agentId } = state.profile;
  const resumed: AgentStreamEvent = { type: 'AgentResumed', data: { agentId, reason: 'it called again' } };
  return state.drained ? [resumed, draining(agentId)] : [resumed];
}

function draining(agentId: string): AgentStreamEvent {
  return { type: 'AgentDraining', data: { agentId, reason: 'it was draining before' } };
}

function sameProfile(known: AgentProfile, now: AgentProfile): boolean {
  return (
    known.name === now.name &&
    known.slots === now.slots &&
    known.version === now.version &&
    [...known.capabilities].sort().join('\n') === [...now.capabilities].sort().join('\n') &&
    sameLabels(known.labels, now.labels)
  );
}

function sameLabels(known: AgentProfile['labels'], now: AgentProfile['labels']): boolean {
  const keys = Object.keys(known);
  return keys.length === Object.keys(now).length && keys.every((key) => known[key] === now[key]);
}
