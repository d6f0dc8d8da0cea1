import { isConnectionLoss, withTransaction, type Sql } from '@codex/postgres';
import type { Pool, PoolClient } from 'pg';

import { executeAppends, type AppendVerdict } from './append-statement';
import type { Backend, BackendRegistry } from './backend';
import type { EncodedAppend } from './encoded-append';
import { applyInline, isWanted, recordedEvents, type InlineProjection } from './inline-projection';

/** How a batch ended. `lost`: the connection broke and nobody told whether it was stored; `unsent`: it surely was not. */
export type BatchResult =
  | { readonly outcome: 'done'; readonly verdicts: readonly AppendVerdict[] }
  | { readonly outcome: 'failed' | 'unsent'; readonly error: unknown }
  | { readonly outcome: 'lost'; readonly error: unknown; readonly backend: Backend };

/** What writes batches. */
export interface BatchWriterOptions {
  readonly pool: Pool;
  readonly backends: BackendRegistry;
  readonly inlineProjections: readonly InlineProjection[];
}

/** Stores one batch as one transaction: a single statement, or more when inline projections take part. Never throws. */
export class BatchWriter {
  constructor(private readonly options: BatchWriterOptions) {}

  async write(appends: readonly EncodedAppend[]): Promise<BatchResult> {
    const opened = await this.open();
    if ('outcome' in opened) return opened;
    const { client, backend } = opened;
    try {
      return { outcome: 'done', verdicts: await this.store(client, appends) };
    } catch (error) {
      return isConnectionLoss(error) ? { outcome: 'lost', error, backend } : { outcome: 'failed', error };
    }
  }

  private async open(): Promise<{ client: PoolClient; backend: Backend } | BatchResult> {
    try {
      return await this.options.backends.connect(this.options.pool);
    } catch (error) {
      return { outcome: 'unsent', error };
    }
  }

  private async store(client: PoolClient, appends: readonly EncodedAppend[]): Promise<readonly AppendVerdict[]> {
    const projections = this.options.inlineProjections;
    const requests = appends.map(({ request }) => request);
    if (isWanted(projections, requests)) {
      return withTransaction(client, () => appendWithProjections(client, appends, projections));
    }
    let broken = true;
    try {
      const verdicts = await executeAppends(client, appends);
      broken = false;
      return verdicts;
    } catch (error) {
      broken = isConnectionLoss(error);
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

/** Appends and applies the inline projections to what was stored. Call it inside a transaction. */
export async function appendWithProjections(
  tx: Sql,
  appends: readonly EncodedAppend[],
  projections: readonly InlineProjection[],
): Promise<readonly AppendVerdict[]> {
  const verdicts = await executeAppends(tx, appends);
  if (projections.length === 0) return verdicts;
  const events = appends.flatMap(({ request }, index) => {
    const verdict = verdicts[index]!;
    return verdict.status === 'appended' ? recordedEvents(request, verdict.recordedAt) : [];
  });
  await applyInline(tx, projections, events);
  return verdicts;
}
