import type { WorkItemEvent, WorkItemStateChanged } from '@codex/contracts';
import { idOf } from '@codex/event-sourcing';
import { foldProjection, type ProjectedEvent } from '@codex/projections';
import { firstStamp, nextStamp, stampColumns, type Stamp } from './row-stamp';

export type WorkItemRow = Stamp & {
  id: string;
  projectId: string;
  title: string;
  description: string | null;
  state: string;
  priority: number;
  toolRecipe: unknown;
  dependsOn: readonly string[];
  requiresApproval: boolean;
  notBefore: string | null;
  labels: Readonly<Record<string, string>>;
  attempt: number;
  attemptsPerTry: number;
  maxAttempts: number;
  timeoutMs: number | null;
  /** Of the creation; retries have processes of their own. */
  processId: string;
  currentRunId: string | null;
  result: unknown;
  errorCode: string | null;
  errorMessage: string | null;
  artifacts: unknown;
  createdBy: string;
};

/** What is this work item now? One row a WorkItem stream. */
export const workItemsProjection = foldProjection<WorkItemRow>({
  name: 'work_items',
  schema: 'work_item',
  version: 2,
  topics: ['work-item.events.v1'],
  category: 'WorkItem',
  key: ['id'],
  columns: {
    id: 'uuid',
    projectId: 'uuid',
    title: 'text',
    description: 'text',
    state: 'text',
    priority: 'integer',
    toolRecipe: 'json',
    dependsOn: 'json',
    requiresApproval: 'boolean',
    notBefore: 'timestamptz',
    labels: 'jsonb',
    attempt: 'integer',
    attemptsPerTry: 'integer',
    maxAttempts: 'integer',
    timeoutMs: 'integer',
    processId: 'uuid',
    currentRunId: 'uuid',
    result: 'json',
    errorCode: 'text',
    errorMessage: 'text',
    artifacts: 'json',
    createdBy: 'text',
    ...stampColumns,
  },
  indexes: [
    '(tenant_id, created_at desc, id desc)',
    '(project_id, created_at desc, id desc)',
    '(tenant_id, state, created_at desc, id desc)',
    'using gin (labels jsonb_path_ops)',
    '(project_id, state, created_at desc, id desc)',
  ],
  counted: ['tenantId', 'projectId', 'state'],
  keyOf: idOf,
  evolve(row, event) {
    const next = evolveWorkItem(row, event);
    return next === null ? null : { ...next, ...nextStamp(event) };
  },
});

function evolveWorkItem(row: WorkItemRow | null, event: ProjectedEvent): WorkItemRow | null {
  const { type, data } = event as unknown as WorkItemEvent;
  if (type === 'WorkItemCreated') {
    const { workItemId, projectId, title, description, priority, toolRecipe, dependsOn, requiresApproval } = data;
    const { notBefore, labels, retry, timeoutMs, processId, createdBy } = data;
    return {
      id: workItemId,
      projectId,
      title,
      description,
      state: 'draft',
      priority,
      toolRecipe,
      dependsOn,
      requiresApproval,
      notBefore,
      labels,
      attempt: 0,
      timeoutMs,
      processId,
      createdBy,
      attemptsPerTry: retry.maxAttempts,
      maxAttempts: retry.maxAttempts,
      currentRunId: null,
      result: null,
      errorCode: null,
      errorMessage: null,
      artifacts: [],
      ...firstStamp(event),
    };
  }
  if (row === null) return null;
  if (type === 'WorkItemPriorityChanged') return { ...row, priority: data.priority };
  return type === 'WorkItemStateChanged' ? changeState(row, data) : row;
}

function changeState(row: WorkItemRow, data: WorkItemStateChanged['data']): WorkItemRow {
  const retried = data.previousState === 'failed' && data.newState === 'scheduled';
  return {
    ...row,
    state: data.newState,
    attempt: data.attempt,
    maxAttempts: retried ? row.maxAttempts + row.attemptsPerTry : row.maxAttempts,
    currentRunId: data.newState === 'running' ? data.runId : null,
    result: data.newState === 'completed' ? data.result : row.result,
    errorCode: data.error?.code ?? null,
    errorMessage: data.error?.message ?? null,
    artifacts: data.newState === 'completed' ? data.artifacts : row.artifacts,
  };
}
