import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { CurrentCaller, idParams, listQuery, Roles, type Caller } from '@codex/platform';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { newestFirstCursor, plainPage } from '../queries/page';
import { findProcesses, listProcesses } from '../queries/process.queries';
import { InjectReadPool, type ReadPool } from '../read-pool';
import { sendOne } from './single';

const statuses = ['running', 'waiting', 'compensating', 'completed', 'compensated', 'compensation_failed'] as const;
const processesQuery = listQuery({
  status: z.enum(statuses).optional(),
  definition: z.string().min(1).max(100).optional(),
});

@Controller('v1/processes')
@Roles('member', 'operator', 'auditor')
export class ProcessesController {
  constructor(@InjectReadPool() private readonly pool: ReadPool) {}

  @Get()
  list(
    @Query({ schema: processesQuery }) query: z.output<typeof processesQuery>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    const { first, status, definition } = query;
    const page = { tenantId, first, after: newestFirstCursor.decode(query.after) };
    return listProcesses(this.pool, page, { status, definition }).then(plainPage);
  }

  @Get(':id')
  async one(
    @Param({ schema: idParams }) { id }: z.output<typeof idParams>,
    @CurrentCaller() { tenantId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const [process] = await findProcesses(this.pool, tenantId, [id]);
    return sendOne(reply, process);
  }
}
