import type { JsonValue } from '@codex/contracts';

/** Where a run came from: what its later events carry on. */
export interface RunOrigin {
  readonly correlationId: string;
  readonly traceparent?: string;
}

/** What every answer about a run names. */
export interface RunFacts {
  readonly runId: string;
  readonly tenantId: string;
  readonly projectId: string;
  readonly workItemId: string;
  readonly attempt: number;
}

/** A run that waits for an agent. */
export interface QueuedRun extends RunFacts {
  readonly priority: number;
  readonly tools: readonly string[];
  readonly timeoutMs: number | null;
  readonly recipe: { readonly steps: readonly { readonly tool: string; readonly with: JsonValue }[] };
  readonly origin: RunOrigin;
}

/** Rows as the database names them. */
export interface RunColumns {
  readonly id: string;
  readonly tenant_id: string;
  readonly project_id: string;
  readonly work_item_id: string;
  readonly attempt: number;
}

/** From a row to what every fact about its run names. */
export function runFacts(row: RunColumns): RunFacts {
  return {
    runId: row.id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    workItemId: row.work_item_id,
    attempt: row.attempt,
  };
}
