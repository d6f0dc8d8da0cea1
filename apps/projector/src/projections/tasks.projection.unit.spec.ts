import { projected, projecting } from '@codex/projections/testing';
import { tasksProjection } from './tasks.projection';

const workItemId = '0190b6f0-0000-7000-8000-000000000001';
const projectId = '0190b6f0-0000-7000-8000-000000000002';
const event = (type: string, version: number, data: object = {}) =>
  projected(type, `Task-${workItemId}`, version, { workItemId, projectId, ...data });
const dueAt = '2026-02-01T00:00:00.000Z';
const plan = { dependencies: ['d'], tools: ['noop'] };
const row = (version: number, values: object) => ({
  ...{ workItemId, projectId, status: 'scheduled', attempt: 1, ...plan, dueAt: null },
  ...{ tenantId: '00000000-0000-7000-8000-00000000000a', createdAt: '2026-01-01T00:00:01.000Z' },
  ...{ updatedAt: `2026-01-01T00:00:0${version}.000Z`, version, ...values },
});
const scheduled = event('TaskScheduled', 1, { ...plan, notBefore: null, firstAttempt: 1 });

describe('the read model of tasks', () => {
  const { when } = projecting(tasksProjection);

  it('begins scheduled, with its due time', () => {
    when(scheduled).then(row(1, {}));
    when(event('TaskScheduled', 1, { ...plan, notBefore: dueAt, firstAttempt: 4 })).then(row(1, { dueAt, attempt: 4 }));
  });

  it('becomes ready, runs, and backs off', () => {
    const ready = event('TaskReady', 2, { attempt: 1 });
    when(scheduled, ready).then(row(2, { status: 'ready' }));
    const started = event('TaskStarted', 3, { attempt: 1, runId: null });
    when(scheduled, ready, started).then(row(3, { status: 'started' }));
    const retry = event('TaskRetryScheduled', 4, { attempt: 1, nextAttempt: 2, dueAt, runId: null, error: {} });
    when(scheduled, ready, started, retry).then(row(4, { status: 'backing_off', attempt: 2, dueAt }));
    when(scheduled, ready, started, retry, event('TaskReady', 5, { attempt: 2 })).then(
      row(5, { status: 'ready', attempt: 2 }),
    );
  });

  it.each([
    ['TaskCompleted', 'completed'],
    ['TaskFailed', 'failed'],
    ['TaskCancelled', 'cancelled'],
    ['TaskUnscheduled', 'unscheduled'],
  ])('ends with %s', (type, status) => {
    when(scheduled, event(type, 2, { attempt: 1 })).then(row(2, { status }));
  });

  it('knows of a task that was withdrawn before it came', () => {
    when(event('TaskUnscheduled', 1)).then(row(1, { status: 'unscheduled', attempt: 0, dependencies: [], tools: [] }));
  });
});
