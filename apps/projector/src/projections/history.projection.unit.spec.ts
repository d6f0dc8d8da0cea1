import { projected } from '@codex/projections/testing';
import type { AppendProjection } from '@codex/projections';
import { historyProjection } from './history.projection';

const { rowsOf } = historyProjection as AppendProjection;
const workItemId = '0190b6f0-0000-7000-8000-000000000001';
const event = (type: string, data: object) => ({
  ...projected(type, `Task-${workItemId}`, 3, data),
  recordedAt: '2026-01-01T00:00:03.000123Z',
});

describe('the history of work items', () => {
  it('has a row for each event about a work item, with the full precision of its time', () => {
    const data = { workItemId, projectId: 'p', attempt: 1 };
    expect(rowsOf(event('TaskReady', data))).toEqual([
      {
        ...{ stream: `Task-${workItemId}`, version: 3, tenantId: '00000000-0000-7000-8000-00000000000a' },
        ...{ workItemId, projectId: 'p', context: 'scheduler', type: 'TaskReady', data },
        ...{ occurredAt: '2026-01-01T00:00:03.000123Z', actor: 'spec-actor' },
        ...{ correlationId: 'spec-correlation', causationId: 'spec-causation' },
      },
    ]);
  });

  it.each([{}, { workItemId: null }, { projectId: 'p' }])('passes over what is about no work item: %j', (data) => {
    expect(rowsOf(event('RunQueued', data))).toEqual([]);
  });

  it('shows a work item of no known project', () => {
    expect(rowsOf(event('SubscribersNotified', { workItemId }))).toMatchObject([
      { context: 'notification', projectId: null },
    ]);
  });
});
