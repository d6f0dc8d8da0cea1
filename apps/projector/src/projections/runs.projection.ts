import type { AgentEvent, RunQueued } from '@codex/contracts';
import { idOf } from '@codex/event-sourcing';
import { foldProjection, type ProjectedEvent } from '@codex/projections';
import { firstStamp, nextStamp, shownTime, stampColumns, type Stamp } from './row-stamp';

export type RunRow = Stamp & {
  id: string;
  workItemId: string;
  projectId: string;
  agentId: string | null;
  attempt: number;
  status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'lost';
  progressPercent: number | null;
  progressMessage: string | null;
  startedAt: string | null;
  endedAt: string | null;
  durationMs: number | null;
  errorCode: string | null;
  errorMessage: string | null;
};

/** How did this run go? One row a Run stream. */
export const runsProjection = foldProjection<RunRow>({
  name: 'runs',
  schema: 'agent',
  version: 1,
  topics: ['agent.events.v1'],
  category: 'Run',
  key: ['id'],
  columns: {
    id: 'uuid',
    workItemId: 'uuid',
    projectId: 'uuid',
    agentId: 'uuid',
    attempt: 'integer',
    status: 'text',
    progressPercent: 'double precision',
    progressMessage: 'text',
    startedAt: 'timestamptz',
    endedAt: 'timestamptz',
    durationMs: 'bigint',
    errorCode: 'text',
    errorMessage: 'text',
    ...stampColumns,
  },
  indexes: [
    '(tenant_id, created_at desc, id desc)',
    '(work_item_id, attempt desc)',
    '(agent_id, created_at desc, id desc)',
    "(agent_id) where status = 'running'",
    "(project_id) where status = 'running'",
    '(project_id, ended_at) where ended_at is not null',
    '(tenant_id, status, created_at desc, id desc)',
  ],
  counted: ['tenantId', 'status'],
  keyOf: idOf,
  evolve(row, event) {
    const next = evolveRun(row, event);
    return next === null ? null : { ...next, ...nextStamp(event) };
  },
});

function evolveRun(row: RunRow | null, event: ProjectedEvent): RunRow | null {
  const { type, data } = event as unknown as AgentEvent;
  if (type === 'RunQueued') return queued(data, event);
  if (row === null) return null;
  const at = shownTime(event);
  switch (type) {
    case 'RunStarted':
      return { ...row, status: 'running', agentId: data.agentId, startedAt: at };
    case 'RunProgressed':
      return { ...row, progressPercent: data.percent, progressMessage: data.message };
    case 'RunCompleted':
      return { ...row, status: 'completed', agentId: data.agentId, endedAt: at, durationMs: data.durationMs };
    case 'RunFailed':
      return { ...row, status: 'failed', endedAt: at, durationMs: data.durationMs, ...failure(data.error) };
    case 'RunCancelled':
      return { ...row, status: 'cancelled', endedAt: at };
    case 'RunLost':
      return {
        ...row,
        status: 'lost',
        endedAt: at,
        durationMs: data.durationMs,
        ...failure({ code: 'RUN_LOST', message: data.reason }),
      };
    default:
      return row;
  }
}

function queued(data: RunQueued['data'], event: ProjectedEvent): RunRow {
  return {
    id: data.runId,
    workItemId: data.workItemId,
    projectId: data.projectId,
    attempt: data.attempt,
    agentId: null,
    status: 'queued',
    progressPercent: null,
    progressMessage: null,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    errorCode: null,
    errorMessage: null,
    ...firstStamp(event),
  };
}

function failure(error: { code: string; message: string }): Pick<RunRow, 'errorCode' | 'errorMessage'> {
  return { errorCode: error.code, errorMessage: error.message };
}
