import type { WorkItemCreatedData, WorkItemStateChangedData } from '@codex/contracts';
import { projected, projecting } from '@codex/projections/testing';
import { workItemsProjection } from './work-items.projection';

const workItemId = '0190b6f0-0000-7000-8000-000000000001';
const projectId = '0190b6f0-0000-7000-8000-000000000002';
const processId = '0190b6f0-0000-7000-8000-000000000003';
const runId = '0190b6f0-0000-7000-8000-000000000004';
const stream = `WorkItem-${workItemId}`;
const about = { workItemId, projectId };
const artifact = { id: 'a', name: 'map.json', mediaType: 'application/json', bytes: 2, sha256: 'ff' };
const failure = { code: 'TOOL_FAILED', message: 'exit 1' };

const created: WorkItemCreatedData = {
  ...{ ...about, processId, title: 'Analyze', description: null, priority: 5, dependsOn: ['d'], labels: { k: 'v' } },
  ...{ requiresApproval: false, notBefore: null, timeoutMs: 60_000, createdBy: 'key-member' },
  toolRecipe: { steps: [{ tool: 'noop', with: {} }] },
  retry: { maxAttempts: 3, initialBackoffMs: 4000, maxBackoffMs: 10_000 },
};
const row = {
  ...{ id: workItemId, projectId, title: 'Analyze', description: null, state: 'draft', priority: 5 },
  ...{ toolRecipe: created.toolRecipe, dependsOn: ['d'], requiresApproval: false, notBefore: null, labels: { k: 'v' } },
  ...{ attempt: 0, attemptsPerTry: 3, maxAttempts: 3, timeoutMs: 60_000, processId, currentRunId: null },
  ...{ result: null, errorCode: null, errorMessage: null, artifacts: [], createdBy: 'key-member' },
  ...{ tenantId: '00000000-0000-7000-8000-00000000000a', createdAt: '2026-01-01T00:00:01.000Z' },
  ...{ updatedAt: '2026-01-01T00:00:01.000Z', version: 1 },
};
const at = (version: number) => ({ updatedAt: `2026-01-01T00:00:0${version}.000Z`, version });

type Change = Partial<WorkItemStateChangedData> & Pick<WorkItemStateChangedData, 'previousState' | 'newState'>;
const changed = (version: number, change: Change) =>
  projected<WorkItemStateChangedData>('WorkItemStateChanged', stream, version, {
    ...{ ...about, changedBy: 'x', reason: null, attempt: 0, runId: null, processId: null },
    ...{ result: null, error: null, artifacts: [], ...change },
  });
const first = projected('WorkItemCreated', stream, 1, created);
const scheduled = changed(2, { previousState: 'draft', newState: 'scheduled', processId });
const running = changed(3, { previousState: 'scheduled', newState: 'running', attempt: 1, runId });

describe('the read model of work items', () => {
  const { when } = projecting(workItemsProjection);

  it('begins as a draft', () => {
    when(first).then(row);
  });

  it('follows a run to its end with result and artifacts', () => {
    when(first, scheduled).then({ ...row, ...at(2), state: 'scheduled' });
    when(first, scheduled, running).then({ ...row, ...at(3), state: 'running', attempt: 1, currentRunId: runId });
    const end = { previousState: 'running', newState: 'completed', attempt: 1, runId } as const;
    when(first, scheduled, running, changed(4, { ...end, result: { ok: 1 }, artifacts: [artifact] })).then({
      ...{ ...row, ...at(4), state: 'completed', attempt: 1, result: { ok: 1 }, artifacts: [artifact] },
    });
  });

  it('shows the error of a failure, and forgets it when another attempt is scheduled', () => {
    const failed = changed(4, { previousState: 'running', newState: 'failed', attempt: 1, runId, error: failure });
    const shown = { errorCode: 'TOOL_FAILED', errorMessage: 'exit 1' };
    when(first, scheduled, running, failed).then({ ...row, ...at(4), ...shown, state: 'failed', attempt: 1 });
    const asked = projected('WorkItemRetryRequested', stream, 5, { ...about, processId: runId, requestedBy: 'x' });
    when(first, scheduled, running, failed, asked).then({ ...row, ...at(5), ...shown, state: 'failed', attempt: 1 });
    const again = changed(6, { previousState: 'failed', newState: 'scheduled', attempt: 1, processId: runId });
    when(first, scheduled, running, failed, asked, again).then({
      ...{ ...row, ...at(6), state: 'scheduled', attempt: 1, maxAttempts: 6 },
    });
  });

  it('allows no more attempts for a retry within the same try', () => {
    const back = changed(4, { previousState: 'running', newState: 'scheduled', attempt: 1 });
    when(first, scheduled, running, back).then({ ...row, ...at(4), state: 'scheduled', attempt: 1, maxAttempts: 3 });
  });

  it('waits for approval, is approved, is rejected', () => {
    const waiting = changed(2, { previousState: 'draft', newState: 'awaiting_approval' });
    when(first, waiting).then({ ...row, ...at(2), state: 'awaiting_approval' });
    const approved = projected('WorkItemApproved', stream, 3, { ...about, approvedBy: 'x' });
    when(first, waiting, approved).then({ ...row, ...at(3), state: 'awaiting_approval' });
    const rejected = projected('WorkItemRejected', stream, 3, { ...about, rejectedBy: 'x', reason: 'no' });
    when(first, waiting, rejected).then({ ...row, ...at(3), state: 'awaiting_approval' });
  });

  it('stays visible when it was deleted, with the reason', () => {
    const deleted = changed(2, { previousState: 'draft', newState: 'deleted', error: failure });
    const gone = projected('WorkItemDeleted', stream, 3, { ...about, reason: 'exit 1' });
    const shown = { errorCode: 'TOOL_FAILED', errorMessage: 'exit 1' };
    when(first, deleted, gone).then({ ...row, ...at(3), ...shown, state: 'deleted' });
  });

  it('can be cancelled', () => {
    const cancelled = changed(4, { previousState: 'running', newState: 'cancelled', attempt: 1 });
    when(first, scheduled, running, cancelled).then({ ...row, ...at(4), state: 'cancelled', attempt: 1 });
  });

  it('takes a new priority, and the version of what changes nothing else', () => {
    const priority = projected('WorkItemPriorityChanged', stream, 2, { ...about, previousPriority: 5, priority: 9 });
    when(first, priority).then({ ...row, ...at(2), priority: 9 });
    when(first, projected('ToolRecipeValidated', stream, 2, { ...about, tools: ['noop'] })).then({ ...row, ...at(2) });
  });

  it('knows nothing of an item whose beginning it has not seen', () => {
    when(scheduled).then(null);
  });
});
