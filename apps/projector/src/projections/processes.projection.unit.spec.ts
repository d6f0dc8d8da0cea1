import type { ProcessStartedData } from '@codex/contracts';
import { projected, projecting } from '@codex/projections/testing';
import { processesProjection, type ProcessStepRow } from './processes.projection';

const processId = '0190b6f0-0000-7000-8000-000000000003';
const workItemId = '0190b6f0-0000-7000-8000-000000000001';
const projectId = '0190b6f0-0000-7000-8000-000000000002';
const about = { processId, workItemId, projectId };
const error = { code: 'QUOTA_EXCEEDED', message: 'full' };

const event = (type: string, version: number, data: object = {}) =>
  projected(type, `Process-${processId}`, version, { ...about, ...data });
const time = (second: number) => `2026-01-01T00:00:0${second}.000Z`;
const started = event('ProcessStarted', 1, {
  definition: 'WorkItemCreation',
  definitionVersion: 1,
  steps: [
    { name: 'Create', target: null, compensation: 'Delete' },
    { name: 'Assign', target: 'project', compensation: 'Release' },
    { name: 'Notify', target: 'notification', compensation: null },
  ],
  input: {},
} satisfies Omit<ProcessStartedData, keyof typeof about>);
const doing = (version: number, step: string, attempt = 1, phase = 'do') =>
  event('ProcessStepStarted', version, { step, phase, attempt, commandId: null, deadlineAt: null });
const done = (version: number, step: string) => event('ProcessStepSucceeded', version, { step });

const pending = { status: 'pending', attempts: 0, startedAt: null, endedAt: null, error: null } as const;
const create: ProcessStepRow = { ...pending, name: 'Create', compensation: 'Delete' };
const assign: ProcessStepRow = { ...pending, name: 'Assign', compensation: 'Release' };
const notify: ProcessStepRow = { ...pending, name: 'Notify', compensation: null };

const row = (version: number, status: string, steps: readonly ProcessStepRow[]) => ({
  ...{ id: processId, definition: 'WorkItemCreation', status, workItemId, projectId, steps },
  ...{ tenantId: '00000000-0000-7000-8000-00000000000a', createdAt: time(1), updatedAt: time(version), version },
});
const created: ProcessStepRow = { ...create, status: 'done', attempts: 1, startedAt: time(2), endedAt: time(3) };

describe('the read model of processes', () => {
  const { when } = projecting(processesProjection);

  it('shows the plan from the beginning', () => {
    when(started).then(row(1, 'running', [create, assign, notify]));
  });

  it('shows the steps done, now and to come', () => {
    when(started, doing(2, 'Create'), done(3, 'Create'), doing(4, 'Assign')).then(
      row(4, 'running', [created, { ...assign, status: 'running', attempts: 1, startedAt: time(4) }, notify]),
    );
  });

  it('counts attempts from the first start of a step', () => {
    const failed = event('ProcessStepFailed', 3, { step: 'Create', phase: 'do', attempt: 1, error, willRetry: true });
    const running: ProcessStepRow = { ...create, status: 'running', attempts: 1, startedAt: time(2), error };
    when(started, doing(2, 'Create'), failed).then(row(3, 'running', [running, assign, notify]));
    when(started, doing(2, 'Create'), failed, doing(4, 'Create', 2)).then(
      row(4, 'running', [{ ...running, attempts: 2 }, assign, notify]),
    );
    when(started, doing(2, 'Create'), failed, doing(4, 'Create', 2), done(5, 'Create')).then(
      row(5, 'running', [{ ...running, status: 'done', attempts: 2, endedAt: time(5), error: null }, assign, notify]),
    );
  });

  it('waits, for a step that was started and for one that was not', () => {
    const waiting = (version: number) => event('ProcessWaiting', version, { step: 'Create', waitingFor: 'a person' });
    const step: ProcessStepRow = { ...create, status: 'running', attempts: 1, startedAt: time(2) };
    when(started, waiting(2)).then(row(2, 'waiting', [step, assign, notify]));
    when(started, doing(2, 'Create'), waiting(3)).then(row(3, 'waiting', [step, assign, notify]));
    when(started, waiting(2), done(3, 'Create')).then(row(3, 'running', [created, assign, notify]));
  });

  it('is completed, with what was not needed skipped', () => {
    const end = event('ProcessCompleted', 4);
    const skipped = [assign, notify].map((step) => ({ ...step, status: 'skipped' as const }));
    when(started, doing(2, 'Create'), done(3, 'Create'), end).then(row(4, 'completed', [created, ...skipped]));
  });

  describe('compensates', () => {
    const refused = event('ProcessStepFailed', 5, { step: 'Assign', phase: 'do', attempt: 1, error, willRetry: false });
    const before = [started, doing(2, 'Create'), done(3, 'Create'), doing(4, 'Assign'), refused];
    const failed: ProcessStepRow = {
      ...{ ...assign, status: 'failed', attempts: 1, startedAt: time(4), endedAt: time(5), error },
    };
    const undo = doing(6, 'Create', 1, 'undo');

    it('after a refusal', () => {
      when(...before).then(row(5, 'running', [created, failed, notify]));
      when(...before, undo).then(row(6, 'compensating', [created, failed, notify]));
    });

    it('step by step, to the end', () => {
      const undone = event('ProcessStepCompensated', 7, {
        step: 'Create',
        compensation: 'Delete',
        skippedReason: null,
      });
      const compensated: ProcessStepRow = { ...created, status: 'compensated', endedAt: time(7) };
      when(...before, undo, undone).then(row(7, 'compensating', [compensated, failed, notify]));
      when(...before, undo, undone, event('ProcessCompensated', 8, { error })).then(
        row(8, 'compensated', [compensated, failed, { ...notify, status: 'skipped' }]),
      );
    });

    it('until that fails, and a person retries or skips', () => {
      const trouble = { step: 'Create', phase: 'undo', attempt: 1, error, willRetry: false };
      const notUndone = event('ProcessStepFailed', 7, trouble);
      when(...before, undo, notUndone).then(row(7, 'compensating', [{ ...created, error }, failed, notify]));
      const stuck = event('ProcessCompensationFailed', 8, { step: 'Create', error });
      const step: ProcessStepRow = { ...created, status: 'compensation_failed', endedAt: time(8), error };
      when(...before, undo, notUndone, stuck).then(row(8, 'compensation_failed', [step, failed, notify]));
      const skip = { step: 'Create', compensation: null, skippedReason: 'done by hand' };
      when(...before, undo, notUndone, stuck, event('ProcessStepCompensated', 9, skip)).then(
        row(9, 'compensating', [{ ...step, status: 'skipped', endedAt: time(9) }, failed, notify]),
      );
    });
  });
});
