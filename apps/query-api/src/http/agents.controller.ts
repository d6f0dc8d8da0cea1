import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { CurrentCaller, idParams, listQuery, Roles, uuid, type Caller } from '@codex/platform';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { findAgents, listAgents } from '../queries/agent.queries';
import { newestFirstCursor, plainPage } from '../queries/page';
import { findRuns, listRuns } from '../queries/run.queries';
import { InjectReadPool, type ReadPool } from '../read-pool';
import { sendOne } from './single';

const agentsQuery = listQuery({});
const runsQuery = listQuery({
  workItemId: uuid.optional(),
  agentId: uuid.optional(),
  status: z.enum(['queued', 'running', 'completed', 'failed', 'cancelled', 'lost']).optional(),
});
type Id = z.output<typeof idParams>;

@Controller('v1')
@Roles('member', 'operator', 'auditor')
export class AgentsController {
  constructor(@InjectReadPool() private readonly pool: ReadPool) {}

  @Get('agents')
  agents(@Query({ schema: agentsQuery }) query: z.output<typeof agentsQuery>, @CurrentCaller() { tenantId }: Caller) {
    return listAgents(this.pool, { tenantId, first: query.first, after: newestFirstCursor.decode(query.after) }).then(
      plainPage,
    );
  }

  @Get('agents/:id')
  async agent(
    @Param({ schema: idParams }) { id }: Id,
    @CurrentCaller() { tenantId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const [agent] = await findAgents(this.pool, tenantId, [id]);
    return sendOne(reply, agent);
  }

  @Get('runs')
  runs(@Query({ schema: runsQuery }) query: z.output<typeof runsQuery>, @CurrentCaller() { tenantId }: Caller) {
    const { first, workItemId, agentId, status } = query;
    const page = { tenantId, first, after: newestFirstCursor.decode(query.after) };
    return listRuns(this.pool, page, { workItemId, agentId, status }).then(plainPage);
  }

  @Get('runs/:id')
  async run(
    @Param({ schema: idParams }) { id }: Id,
    @CurrentCaller() { tenantId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const [run] = await findRuns(this.pool, tenantId, [id]);
    return sendOne(reply, run);
  }
}
