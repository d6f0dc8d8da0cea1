import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { CurrentCaller, idParams, listQuery, Roles, uuid, validationFailed, type Caller } from '@codex/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { RunQueueClient } from '../run-queue.client';
import { explainFacts } from '../queries/explain.queries';
import { explain } from '../queries/explanation';
import { historyCursor, listHistory } from '../queries/history.queries';
import { newestFirstCursor, plainPage } from '../queries/page';
import { findWorkItems, listWorkItems } from '../queries/work-item.queries';
import { InjectReadPool, type ReadPool } from '../read-pool';
import { found, sendOne } from './single';

const states = [
  'draft',
  'awaiting_approval',
  'scheduled',
  'running',
  'completed',
  'failed',
  'cancelled',
  'deleted',
] as const;
const label = z.string().regex(/^[^:]+:.*$/, 'must be key:value');
const workItemsQuery = listQuery({
  projectId: uuid.optional(),
  state: z.enum(states).optional(),
  label: z.union([label, z.array(label).max(10)]).optional(),
});
const historyQuery = listQuery({});
type Id = z.output<typeof idParams>;

@Controller('v1/work-items')
@Roles('member', 'operator', 'auditor')
export class WorkItemsController {
  constructor(
    @InjectReadPool() private readonly pool: ReadPool,
    private readonly runQueue: RunQueueClient,
  ) {}

  @Get()
  list(
    @Query({ schema: workItemsQuery }) query: z.output<typeof workItemsQuery>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    const page = { tenantId, first: query.first, after: newestFirstCursor.decode(query.after) };
    const { projectId, state } = query;
    return listWorkItems(this.pool, page, { projectId, state, labels: labelsOf(query.label) }).then(plainPage);
  }

  @Get(':id')
  async one(
    @Param({ schema: idParams }) { id }: Id,
    @CurrentCaller() { tenantId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const [workItem] = await findWorkItems(this.pool, tenantId, [id]);
    return sendOne(reply, workItem);
  }

  @Get(':id/history')
  async history(
    @Param({ schema: idParams }) { id }: Id,
    @Query({ schema: historyQuery }) query: z.output<typeof historyQuery>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    const page = await listHistory(
      this.pool,
      { tenantId, first: query.first, after: historyCursor.decode(query.after) },
      id,
    );
    if (page.items.length === 0 && query.after === undefined) {
      found((await findWorkItems(this.pool, tenantId, [id]))[0]);
    }
    return plainPage(page);
  }

  @Get(':id/explain')
  async explain(
    @Param({ schema: idParams }) { id }: Id,
    @CurrentCaller() { tenantId }: Caller,
    @Req() request: FastifyRequest,
  ) {
    const facts = found(await explainFacts(this.pool, tenantId, id));
    const position = facts.state === 'scheduled' ? await this.runQueue.positionOf(id, request) : null;
    return explain(facts, position);
  }
}

function labelsOf(given: string | readonly string[] | undefined): Record<string, string> | undefined {
  if (given === undefined) return undefined;
  const pairs = (typeof given === 'string' ? [given] : given).map((pair) => {
    const colon = pair.indexOf(':');
    return [pair.slice(0, colon), pair.slice(colon + 1)] as const;
  });
  const labels = Object.fromEntries(pairs);
  if (Object.keys(labels).length !== pairs.length) {
    throw validationFailed({ path: 'label', message: 'names the same key twice' });
  }
  return labels;
}
