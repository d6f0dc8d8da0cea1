import { projected, projecting } from '@codex/projections/testing';
import { runsProjection } from './runs.projection';

const runId = '0190b6f0-0000-7000-8000-000000000004';
const workItemId = '0190b6f0-0000-7000-8000-000000000001';
const projectId = '0190b6f0-0000-7000-8000-000000000002';
const agentId = '0190b6f0-0000-7000-8000-000000000005';
const about = { runId, workItemId, projectId, attempt: 2 };
const time = (second: number) => `2026-01-01T00:00:0${second}.000Z`;
const event = (type: string, version: number, data: object = {}) =>
  projected(type, `Run-${runId}`, version, { ...about, ...data });
const row = (version: number, values: object = {}) => ({
  ...{ id: runId, workItemId, projectId, agentId: null, attempt: 2, status: 'queued' },
  ...{ progressPercent: null, progressMessage: null, startedAt: null, endedAt: null, durationMs: null },
  ...{ errorCode: null, errorMessage: null, tenantId: '00000000-0000-7000-8000-00000000000a' },
  ...{ createdAt: time(1), updatedAt: time(version), version, ...values },
});
const queued = event('RunQueued', 1);
const started = event('RunStarted', 2, { agentId, leaseExpiresAt: time(9) });
const running = { status: 'running', agentId, startedAt: time(2) };

describe('the read model of runs', () => {
  const { when } = projecting(runsProjection);

  it('is queued, then run by an agent, with progress', () => {
    when(queued).then(row(1));
    when(queued, started).then(row(2, running));
    when(queued, started, event('RunProgressed', 3, { agentId, percent: 12.5, message: 'clone' })).then(
      row(3, { ...running, progressPercent: 12.5, progressMessage: 'clone' }),
    );
  });

  it('is completed', () => {
    const completed = event('RunCompleted', 3, { agentId, durationMs: 7, status: 'completed', artifacts: [] });
    when(queued, started, completed).then(row(3, { ...running, status: 'completed', endedAt: time(3), durationMs: 7 }));
  });

  it('fails, and says why', () => {
    const error = { code: 'TOOL_FAILED', message: 'exit 1' };
    const failed = event('RunFailed', 3, { agentId, durationMs: 7, error, retryable: true });
    const shown = { status: 'failed', endedAt: time(3), durationMs: 7, errorCode: error.code, errorMessage: 'exit 1' };
    when(queued, started, failed).then(row(3, { ...running, ...shown }));
  });

  it('is lost with its agent', () => {
    const shown = { status: 'lost', endedAt: time(3), durationMs: 9, errorCode: 'RUN_LOST', errorMessage: 'silent' };
    when(queued, started, event('RunLost', 3, { agentId, durationMs: 9, reason: 'silent' })).then(
      row(3, { ...running, ...shown }),
    );
  });

  it('is cancelled, queued or running', () => {
    const cancelled = (version: number) => event('RunCancelled', version, { agentId: null, reason: null });
    when(queued, cancelled(2)).then(row(2, { status: 'cancelled', endedAt: time(2) }));
    when(queued, started, cancelled(3)).then(row(3, { ...running, status: 'cancelled', endedAt: time(3) }));
  });
});
