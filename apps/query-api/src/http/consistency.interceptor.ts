import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { categoryOf } from '@codex/event-sourcing';
import { Problem, validationFailed } from '@codex/platform';
import { ConsistencyWaiter, parseConsistencyToken } from '@codex/projections';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';

const HEADER = 'x-consistency-token';
const LONGEST_WAIT_MS = 2000;

/** The read model that owns the rows of a category of streams. */
const READ_MODEL_OF: Readonly<Record<string, string>> = {
  Project: 'projects',
  ProjectQuota: 'project_quotas',
  WorkItem: 'work_items',
  Process: 'processes',
  Task: 'tasks',
  Agent: 'agents',
  Run: 'runs',
};
const HISTORY = 'work_item_history';

/** Read-your-writes: a query that brings a consistency token waits until its version is applied, 2 s at most. */
@Injectable()
export class ConsistencyInterceptor implements NestInterceptor {
  constructor(private readonly waiter: ConsistencyWaiter) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const token = request.headers[HEADER];
    if (token !== undefined) await this.wait(String(token), showsHistory(request));
    return next.handle();
  }

  private async wait(token: string, withHistory: boolean): Promise<void> {
    const awaited = parseConsistencyToken(token);
    const readModel = awaited && READ_MODEL_OF[categoryOf(awaited.stream)];
    if (!readModel) throw validationFailed({ path: HEADER, message: 'must be a consistency token of a receipt' });
    const needed = withHistory && readModel === 'work_items' ? [readModel, HISTORY] : [readModel];
    if (await this.waiter.waitFor(awaited, needed, LONGEST_WAIT_MS)) return;
    throw new Problem('READ_MODEL_BEHIND', 'the read model has not reached this version yet');
  }
}

function showsHistory({ url, body }: FastifyRequest): boolean {
  const { query } = (body ?? {}) as { query?: unknown };
  return url.includes('/history') || (typeof query === 'string' && query.includes('history'));
}
