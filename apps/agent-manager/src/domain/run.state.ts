import type { RunStreamEvent } from './run.events';

/** What every fact about a run names. */
export interface RunIdentity {
  readonly runId: string;
  readonly workItemId: string;
  readonly projectId: string;
  readonly attempt: number;
}

export type RunState =
  | { readonly status: 'absent' }
  | { readonly status: 'queued'; readonly run: RunIdentity }
  | { readonly status: 'running'; readonly run: RunIdentity; readonly agentId: string }
  | { readonly status: 'completed' | 'failed' | 'cancelled' | 'lost'; readonly run: RunIdentity };

export function initialState(): RunState {
  return { status: 'absent' };
}

export function evolve(state: RunState, event: RunStreamEvent): RunState {
  const { runId, workItemId, projectId, attempt } = event.data;
  const run = { runId, workItemId, projectId, attempt };
  switch (event.type) {
    case 'RunQueued':
      return { status: 'queued', run };
    case 'RunStarted':
      return { status: 'running', run, agentId: event.data.agentId };
    case 'RunProgressed':
      return state;
    case 'RunCompleted':
      return { status: 'completed', run };
    case 'RunFailed':
      return { status: 'failed', run };
    case 'RunCancelled':
      return { status: 'cancelled', run };
    case 'RunLost':
      return { status: 'lost', run };
  }
}
