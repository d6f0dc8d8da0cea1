import type { RunQueued, RunStarted } from '@codex/contracts';
import { fold, NotFound, Refusal } from '@codex/event-sourcing';
import { aCommand, specify } from '@codex/event-sourcing/testing';
import fc from 'fast-check';
import type { LeaseProof } from './lease';
import type { RunCommand } from './run.commands';
import { runDecider } from './run.decider';
import { LeaseLost, RunNotQueued } from './run.errors';
import type { RunStreamEvent } from './run.events';

const { given } = specify(runDecider);

const runId = 'r1';
const run = { runId, workItemId: 'w1', projectId: 'p1', attempt: 2 };
const queuedData = {
  ...run,
  maxAttempts: 3,
  priority: 5,
  tools: ['noop'],
  timeoutMs: null,
  toolRecipe: {
    steps: [
      {
        tool: 'noop',
        with: {},
      },
    ],
  },
};
const agentId = 'a1';
const leaseExpiresAt = '2026-01-01T00:00:20.000Z';
const queued: RunQueued = { type: 'RunQueued', data: queuedData };
const started: RunStarted = { type: 'RunStarted', data: { ...run, agentId, leaseExpiresAt } };
const progressed: RunStreamEvent = { type: 'RunProgressed', data: { ...run, agentId, percent: 50, message: 'half' } };
const completed: RunStreamEvent = {
  type: 'RunCompleted',
  data: { ...run, status: 'completed', agentId, durationMs: 7, result: 42, artifacts: [] },
};
const error = { code: 'BOOM', message: 'it broke' };
const failed: RunStreamEvent = { type: 'RunFailed', data: { ...run, agentId, durationMs: 7, error, retryable: true } };
const lost: RunStreamEvent = { type: 'RunLost', data: { ...run, agentId, durationMs: 9, reason: 'LEASE_EXPIRED' } };
const cancelled = (by: string | null): RunStreamEvent => ({
  type: 'RunCancelled',
  data: {
    ...run,
    agentId: by,
    reason: 'not wanted',
  },
});

const queue = aCommand('QueueRun', queuedData);
const claim = aCommand('ClaimRun', { runId, agentId, leaseExpiresAt });
const report = aCommand('ReportProgress', { runId, percent: 50, message: 'half' });
const complete = (lease: LeaseProof) =>
  aCommand('CompleteRun', { runId, lease, durationMs: 7, result: 42, artifacts: [] });
const fail = (lease: LeaseProof) => aCommand('FailRun', { runId, lease, durationMs: 7, error, retryable: true });
const cancel = aCommand('CancelRun', { runId, reason: 'not wanted' });
const lose = aCommand('LoseRun', { runId, durationMs: 9, reason: 'LEASE_EXPIRED' });

describe('a run', () => {
  it('is queued', () => given([]).when(queue).then([queued]));
  it('is queued once', () => given([queued]).when(queue).thenNothing());
  it('is not queued again after its end', () => given([queued, started, completed]).when(queue).thenNothing());

  it('is claimed', () => given([queued]).when(claim).then([started]));
  it('is claimed once', () => given([queued, started]).when(claim).thenRefused(RunNotQueued, { runId }));
  it('is not claimed after it was cancelled', () =>
    given([queued, cancelled(null)])
      .when(claim)
      .thenRefused(RunNotQueued));

  it('progresses', () => given([queued, started]).when(report).then([progressed]));
  it('does not progress after its end', () => given([queued, started, lost]).when(report).thenNothing());

  it('is completed by who holds the lease', () => given([queued, started]).when(complete('held')).then([completed]));
  it('is completed after progress', () =>
    given([queued, started, progressed]).when(complete('held')).then([completed]));
  it('is completed once with the same token', () =>
    given([queued, started, completed]).when(complete('spent')).thenNothing());
  it.each([['none'], ['spent']] as const)('is not completed under a lease that is %s', (lease) =>
    given([queued, started]).when(complete(lease)).thenRefused(LeaseLost, { runId }),
  );
  it('is not completed after it was lost', () =>
    given([queued, started, lost]).when(complete('none')).thenRefused(LeaseLost));
  it('is not completed by the token that failed it', () =>
    given([queued, started, failed]).when(complete('spent')).thenRefused(LeaseLost));

  it('fails', () => given([queued, started]).when(fail('held')).then([failed]));
  it('fails once with the same token', () => given([queued, started, failed]).when(fail('spent')).thenNothing());
  it('does not fail by the token that completed it', () =>
    given([queued, started, completed]).when(fail('spent')).thenRefused(LeaseLost));
  it('does not fail before it is claimed', () => given([queued]).when(fail('none')).thenRefused(LeaseLost));

  it('is cancelled while it waits', () =>
    given([queued])
      .when(cancel)
      .then([cancelled(null)]));
  it('is cancelled while it runs', () =>
    given([queued, started])
      .when(cancel)
      .then([cancelled(agentId)]));
  it('is cancelled once', () =>
    given([queued, cancelled(null)])
      .when(cancel)
      .thenNothing());
  it('is not cancelled after its end', () => given([queued, started, completed]).when(cancel).thenNothing());

  it('is lost', () => given([queued, started]).when(lose).then([lost]));
  it('is lost once', () => given([queued, started, lost]).when(lose).thenNothing());
  it('is not lost before it runs', () => given([queued]).when(lose).thenNothing());

  it.each([claim, report, complete('held'), fail('held'), cancel, lose])('does not exist before: $type', (command) =>
    given([]).when(command).thenRefused(NotFound),
  );

  it('starts at most once and ends at most once, whatever is asked in whatever order', () => {
    const commands: readonly RunCommand[] = [
      queue,
      claim,
      report,
      cancel,
      lose,
      ...(['held', 'spent', 'none'] as const).flatMap((lease) => [complete(lease), fail(lease)]),
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...commands), { maxLength: 30 }), (asked) => {
        const types = asked.reduce<RunStreamEvent[]>(taken, []).map(({ type }) => type);
        const count = (...wanted: readonly string[]): number => types.filter((type) => wanted.includes(type)).length;
        expect(count('RunQueued')).toBeLessThanOrEqual(1);
        expect(count('RunStarted')).toBeLessThanOrEqual(1);
        const endings = count('RunCompleted', 'RunFailed', 'RunCancelled', 'RunLost');
        expect(endings).toBeLessThanOrEqual(1);
        if (endings === 1) expect(types.at(-1)).toMatch(/^Run(Completed|Failed|Cancelled|Lost)$/);
      }),
    );
  });
});

function taken(past: RunStreamEvent[], command: RunCommand): RunStreamEvent[] {
  try {
    return [...past, ...runDecider.decide(command, fold(runDecider, runDecider.initialState(), past))];
  } catch (refusal) {
    if (refusal instanceof Refusal) return past;
    throw refusal;
  }
}
