import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { CurrentCaller, idParams, listQuery, Roles, type Caller } from '@codex/platform';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { newestFirstCursor, plainPage } from '../queries/page';
import { findProjects, findQuota, listProjects } from '../queries/project.queries';
import { InjectReadPool, type ReadPool } from '../read-pool';
import { found, sendOne } from './single';

const projectsQuery = listQuery({});
type Id = z.output<typeof idParams>;

@Controller('v1/projects')
@Roles('member', 'operator', 'auditor')
export class ProjectsController {
  constructor(@InjectReadPool() private readonly pool: ReadPool) {}

  @Get()
  list(@Query({ schema: projectsQuery }) query: z.output<typeof projectsQuery>, @CurrentCaller() { tenantId }: Caller) {
    return listProjects(this.pool, { tenantId, first: query.first, after: newestFirstCursor.decode(query.after) }).then(
      plainPage,
    );
  }

  @Get(':id')
  async one(
    @Param({ schema: idParams }) { id }: Id,
    @CurrentCaller() { tenantId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const [project] = await findProjects(this.pool, tenantId, [id]);
    return sendOne(reply, project);
  }

  @Get(':id/quota')
  async quota(@Param({ schema: idParams }) { id }: Id, @CurrentCaller() { tenantId }: Caller) {
    return found(await findQuota(this.pool, tenantId, id));
  }
}
