import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { Problem, Roles } from '@codex/platform';
import { ProjectionHost, type Projection } from '@codex/projections';
import type { FastifyReply } from 'fastify';
import type { Pool } from 'pg';
import { z } from 'zod';
import { projectionStatus } from '../application/projection-status';
import { Rebuilds } from '../application/rebuilds';
import { PROJECTIONS, READ_MODEL_POOL } from '../projector-parts';

const nameParams = z.object({ name: z.string().max(100) });
const generationParams = nameParams.extend({ generation: z.coerce.number().int().min(1).max(2_147_483_647) });
type Name = z.output<typeof nameParams>;

@Controller()
@Roles('operator')
export class ProjectionsController {
  constructor(
    @Inject(READ_MODEL_POOL) private readonly pool: Pool,
    @Inject(PROJECTIONS) private readonly projections: readonly Projection[],
    private readonly host: ProjectionHost,
    private readonly rebuilds: Rebuilds,
  ) {}

  @Get('internal/projections/status')
  async status() {
    const projections = await this.read();
    return { projections: projections.map(({ name, version, lagMs, state }) => ({ name, version, lagMs, state })) };
  }

  @Get('v1/operations/projections')
  async list() {
    return { items: await this.read() };
  }

  @Get('v1/operations/projections/:name')
  one(@Param({ schema: nameParams }) { name }: Name) {
    return this.view(this.find(name));
  }

  @Post('v1/operations/projections/:name/rebuild')
  @HttpCode(202)
  async rebuild(@Param({ schema: nameParams }) { name }: Name, @Res({ passthrough: true }) reply: FastifyReply) {
    const { generation } = await this.host.registry.open(this.find(name));
    this.rebuilds.start(this.find(name));
    reply.header('location', `/v1/operations/projections/${name}`);
    return { name, generation, state: 'building' };
  }

  @Post('v1/operations/projections/:name/return')
  @HttpCode(200)
  async return(@Param({ schema: nameParams }) { name }: Name) {
    await this.host.registry.returnToPrevious(this.find(name));
    return this.changed(name);
  }

  @Post('v1/operations/projections/:name/pause')
  @HttpCode(200)
  async pause(@Param({ schema: nameParams }) { name }: Name) {
    await this.host.registry.pause(this.find(name));
    return this.changed(name);
  }

  @Post('v1/operations/projections/:name/resume')
  @HttpCode(200)
  async resume(@Param({ schema: nameParams }) { name }: Name) {
    await this.host.registry.resume(this.find(name));
    return this.changed(name);
  }

  @Delete('v1/operations/projections/:name/generations/:generation')
  @HttpCode(200)
  async drop(@Param({ schema: generationParams }) { name, generation }: z.output<typeof generationParams>) {
    const dropped = await this.host.registry.drop(this.find(name), generation);
    if (!dropped) throw new Problem('NOT_FOUND');
    this.rebuilds.sweep();
    return this.changed(name);
  }

  private async changed(name: string) {
    await this.host.reconcile();
    return this.view(this.find(name));
  }

  private async view({ name }: Projection) {
    return (await this.read()).find((projection) => projection.name === name);
  }

  private read() {
    return projectionStatus(this.pool, this.host, this.projections);
  }

  private find(name: string): Projection {
    const projection = this.projections.find((one) => one.name === name);
    if (!projection) throw new Problem('NOT_FOUND');
    return projection;
  }
}
