import type { ProcessStepFailed, ProcessStepStarted, WorkItemEvent } from '@codex/contracts';
import { idOf } from '@codex/event-sourcing';
import { foldProjection, type ProjectedEvent } from '@codex/projections';
import { firstStamp, nextStamp, shownTime, stampColumns, type Stamp } from './row-stamp';

type Failure = { code: string; message: string };
type StepStatus = 'pending' | 'running' | 'done' | 'failed' | 'compensated' | 'compensation_failed' | 'skipped';

export type ProcessStepRow = {
  name: string;
  status: StepStatus;
  attempts: number;
  startedAt: string | null;
  endedAt: string | null;
  error: Failure | null;
  compensation: string | null;
};

export type ProcessRow = Stamp & {
  id: string;
  definition: string;
  status: string;
  workItemId: string;
  projectId: string;
  steps: ProcessStepRow[];
};

/** Which steps of this process are done, now and to come? One row a Process stream. */
export const processesProjection = foldProjection<ProcessRow>({
  name: 'processes',
  schema: 'work_item',
  version: 2,
  topics: ['work-item.events.v1'],
  category: 'Process',
  key: ['id'],
  columns: {
    id: 'uuid',
    definition: 'text',
    status: 'text',
    workItemId: 'uuid',
    projectId: 'uuid',
    steps: 'json',
    ...stampColumns,
  },
  indexes: [
    '(tenant_id, created_at desc, id desc)',
    '(work_item_id)',
    '(tenant_id, status, created_at desc, id desc)',
    '(tenant_id, definition, created_at desc, id desc)',
  ],
  counted: ['tenantId', 'status'],
  keyOf: idOf,
  evolve(row, event) {
    const next = evolveProcess(row, event);
    return next === null ? null : { ...next, ...nextStamp(event) };
  },
});

function evolveProcess(row: ProcessRow | null, event: ProjectedEvent): ProcessRow | null {
  const { type, data } = event as unknown as WorkItemEvent;
  const at = shownTime(event);
  if (type === 'ProcessStarted') {
    const steps = data.steps.map(({ name, compensation }) => pendingStep(name, compensation));
    const { processId, definition, workItemId, projectId } = data;
    return { id: processId, definition, status: 'running', workItemId, projectId, steps, ...firstStamp(event) };
  }
  if (row === null) return null;
  switch (type) {
    case 'ProcessStepStarted':
      return stepStarted(row, data, at);
    case 'ProcessStepSucceeded':
      return { ...row, status: 'running', steps: change(row, data.step, { status: 'done', endedAt: at, error: null }) };
    case 'ProcessStepFailed':
      return { ...row, steps: change(row, data.step, failedStep(data, at)) };
    case 'ProcessWaiting':
      return { ...row, status: 'waiting', steps: change(row, data.step, begun(row, data.step, at)) };
    case 'ProcessStepCompensated': {
      const status = data.skippedReason === null ? 'compensated' : 'skipped';
      return { ...row, status: 'compensating', steps: change(row, data.step, { status, endedAt: at }) };
    }
    case 'ProcessCompensationFailed': {
      const failed = { status: 'compensation_failed', endedAt: at, error: data.error } as const;
      return { ...row, status: 'compensation_failed', steps: change(row, data.step, failed) };
    }
    case 'ProcessCompleted':
      return { ...row, status: 'completed', steps: row.steps.map(skipPending) };
    case 'ProcessCompensated':
      return { ...row, status: 'compensated', steps: row.steps.map(skipPending) };
    default:
      return row;
  }
}

function stepStarted(row: ProcessRow, data: ProcessStepStarted['data'], at: string): ProcessRow {
  if (data.phase === 'undo') return { ...row, status: 'compensating' };
  const started = { ...begun(row, data.step, at), attempts: data.attempt };
  return { ...row, status: 'running', steps: change(row, data.step, started) };
}

function begun(row: ProcessRow, name: string, at: string): Partial<ProcessStepRow> {
  const step = row.steps.find((one) => one.name === name);
  return { status: 'running', attempts: Math.max(step?.attempts ?? 0, 1), startedAt: step?.startedAt ?? at };
}

// What failed to be undone is still done until ProcessCompensationFailed gives it up.
function failedStep({ phase, willRetry, error }: ProcessStepFailed['data'], at: string): Partial<ProcessStepRow> {
  return willRetry || phase === 'undo' ? { error } : { status: 'failed', endedAt: at, error };
}

function pendingStep(name: string, compensation: string | null): ProcessStepRow {
  return { name, status: 'pending', attempts: 0, startedAt: null, endedAt: null, error: null, compensation };
}

function skipPending(step: ProcessStepRow): ProcessStepRow {
  return step.status === 'pending' ? { ...step, status: 'skipped' } : step;
}

function change(row: ProcessRow, name: string, values: Partial<ProcessStepRow>): ProcessStepRow[] {
  return row.steps.map((step) => (step.name === name ? { ...step, ...values } : step));
}
