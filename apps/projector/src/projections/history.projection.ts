import { contextOfType, topicCatalogue } from '@codex/contracts';
import { appendProjection } from '@codex/projections';

export type HistoryRow = {
  stream: string;
  version: number;
  tenantId: string;
  workItemId: string;
  projectId: string | null;
  context: string;
  type: string;
  occurredAt: string;
  actor: string;
  correlationId: string;
  causationId: string;
  data: unknown;
};

/** What happened to this work item, in every context? One row an event about it. */
export const historyProjection = appendProjection<HistoryRow>({
  name: 'work_item_history',
  schema: 'history',
  version: 2,
  topics: topicCatalogue.filter(({ kind }) => kind === 'event').map(({ name }) => name),
  category: null,
  key: ['stream', 'version'],
  streamColumn: 'stream',
  columns: {
    stream: 'text',
    version: 'integer',
    tenantId: 'uuid',
    workItemId: 'uuid',
    projectId: 'uuid',
    context: 'text',
    type: 'text',
    occurredAt: 'timestamptz',
    actor: 'text',
    correlationId: 'text',
    causationId: 'text',
    data: 'json',
  },
  indexes: ['(work_item_id, occurred_at, stream, version)'],
  rowsOf(event) {
    const { workItemId, projectId } = event.data as { workItemId?: string | null; projectId?: string | null };
    if (!workItemId) return [];
    const { stream, version, tenantId, type, recordedAt, actor, correlationId, causationId, data } = event;
    const about = { workItemId, projectId: projectId ?? null, context: contextOfType(type), occurredAt: recordedAt };
    return [{ stream, version, tenantId, type, actor, correlationId, causationId, data, ...about }];
  },
});
