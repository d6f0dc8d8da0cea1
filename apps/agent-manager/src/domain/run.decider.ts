import { NotFound, type Decider } from '@codex/event-sourcing';
import type { CancelRun, ClaimRun, CompleteRun, FailRun, LoseRun, ReportProgress, RunCommand } from './run.commands';
import { LeaseLost, RunNotQueued } from './run.errors';
import type { RunStreamEvent } from './run.events';
import { evolve, initialState, type RunState } from './run.state';

type KnownRun = Exclude<RunState, { status: 'absent' }>;

/** One attempt at a work item, from the queue to its end. A run ends once; a new attempt is a new run. */
export const runDecider: Decider<RunCommand, RunState, RunStreamEvent> = {
  category: 'Run',
  stateVersion: 1,
  initialState,
  evolve,
  decide(command, state) {
    if (command.type === 'QueueRun')
      return state.status === 'absent' ? [{ type: 'RunQueued', data: command.data }] : [];
    if (state.status === 'absent') throw new NotFound(`run ${command.data.runId}`);
    switch (command.type) {
      case 'ClaimRun':
        return claim(command, state);
      case 'ReportProgress':
        return reportProgress(command, state);
      case 'CompleteRun':
        return complete(command, state);
      case 'FailRun':
        return fail(command, state);
      case 'CancelRun':
        return cancel(command, state);
      case 'LoseRun':
        return lose(command, state);
    }
  },
};

function claim({ data }: ClaimRun, state: KnownRun): readonly RunStreamEvent[] {
  if (state.status !== 'queued') throw new RunNotQueued(data.runId);
  const { agentId, leaseExpiresAt } = data;
  return [{ type: 'RunStarted', data: { ...state.run, agentId, leaseExpiresAt } }];
}

function reportProgress({ data }: ReportProgress, state: KnownRun): readonly RunStreamEvent[] {
  if (state.status !== 'running') return [];
  const { percent, message } = data;
  return [{ type: 'RunProgressed', data: { ...state.run, agentId: state.agentId, percent, message } }];
}

function complete({ data }: CompleteRun, state: KnownRun): readonly RunStreamEvent[] {
  if (state.status === 'completed' && data.lease === 'spent') return [];
  if (state.status !== 'running' || data.lease !== 'held') throw new LeaseLost(data.runId);
  const { durationMs, result, artifacts } = data;
  const { agentId, run } = state;
  return [{ type: 'RunCompleted', data: { ...run, status: 'completed', agentId, durationMs, result, artifacts } }];
}

function fail({ data }: FailRun, state: KnownRun): readonly RunStreamEvent[] {
  if (state.status === 'failed' && data.lease === 'spent') return [];
  if (state.status !== 'running' || data.lease !== 'held') throw new LeaseLost(data.runId);
  const { durationMs, error, retryable } = data;
  return [{ type: 'RunFailed', data: { ...state.run, agentId: state.agentId, durationMs, error, retryable } }];
}

function cancel({ data }: CancelRun, state: KnownRun): readonly RunStreamEvent[] {
  if (state.status !== 'queued' && state.status !== 'running') return [];
  const agentId = state.status === 'running' ? state.agentId : null;
  return [{ type: 'RunCancelled', data: { ...state.run, agentId, reason: data.reason } }];
}

function lose({ data }: LoseRun, state: KnownRun): readonly RunStreamEvent[] {
  if (state.status !== 'running') return [];
  const { durationMs, reason } = data;
  return [{ type: 'RunLost', data: { ...state.run, agentId: state.agentId, durationMs, reason } }];
}
