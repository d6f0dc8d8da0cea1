import type { AgentProfile, AgentStreamEvent } from './agent.events';

/** `drained` of a lost agent: it was draining before, and still is when it comes back. */
export type AgentState =
  | { readonly status: 'absent' }
  | { readonly status: 'online' | 'draining' | 'gone'; readonly profile: AgentProfile }
  | { readonly status: 'lost'; readonly profile: AgentProfile; readonly drained: boolean };

export type AgentStatus = Exclude<AgentState['status'], 'absent'>;

export function initialState(): AgentState {
  return { status: 'absent' };
}

export function evolve(state: AgentState, event: AgentStreamEvent): AgentState {
  if (event.type === 'AgentRegistered') {
    return { status: state.status === 'draining' ? 'draining' : 'online', profile: event.data };
  }
  if (state.status === 'absent') return state;
  const { profile } = state;
  switch (event.type) {
    case 'AgentDraining':
      return { status: 'draining', profile };
    case 'AgentResumed':
      return { status: 'online', profile };
    case 'AgentLost':
      return { status: 'lost', profile, drained: state.status === 'draining' };
    case 'AgentDeregistered':
      return { status: 'gone', profile };
  }
}
