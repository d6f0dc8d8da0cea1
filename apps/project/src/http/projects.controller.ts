import { newId, type Receipt } from '@codex/event-sourcing';
import { Roles, sendReceipt } from '@codex/platform';
import { Body, Controller, Param, Patch, Post, Put, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ChangeProjectRequest } from '../application/change-project.handler';
import { CreateProjectRequest } from '../application/create-project.handler';
import { SetProjectQuotaRequest } from '../application/set-project-quota.handler';
import { commandOf } from './command-of';
import * as requests from './project.requests';

@Controller('v1/projects')
@Roles('member')
export class ProjectsController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  async create(
    @Body({ schema: requests.createProjectBody }) body: requests.CreateProjectBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'CreateProject', { projectId: newId(), ...body });
    const result = await this.commands.execute(new CreateProjectRequest(...command));
    return sendReceipt(reply, result, { created: `/v1/projects/${result.response.id}` });
  }

  @Patch(':id')
  async change(
    @Param({ schema: requests.projectParams }) { id }: requests.ProjectParams,
    @Body({ schema: requests.changeProjectBody }) body: requests.ChangeProjectBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'ChangeProjectDetails', { projectId: id, ...body });
    return sendReceipt(reply, await this.commands.execute(new ChangeProjectRequest(...command)));
  }

  @Post(':id/archive')
  async archive(
    @Param({ schema: requests.projectParams }) { id }: requests.ProjectParams,
    @Body({ schema: requests.reasonBody }) body: requests.ReasonBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'ArchiveProject', { projectId: id, ...body });
    return sendReceipt(reply, await this.commands.execute(new ChangeProjectRequest(...command)));
  }

  @Post(':id/pause')
  async pause(
    @Param({ schema: requests.projectParams }) { id }: requests.ProjectParams,
    @Body({ schema: requests.reasonBody }) body: requests.ReasonBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'PauseProject', { projectId: id, ...body });
    return sendReceipt(reply, await this.commands.execute(new ChangeProjectRequest(...command)));
  }

  @Post(':id/resume')
  async resume(
    @Param({ schema: requests.projectParams }) { id }: requests.ProjectParams,
    @Body({ schema: requests.reasonBody }) body: requests.ReasonBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'ResumeProject', { projectId: id, ...body });
    return sendReceipt(reply, await this.commands.execute(new ChangeProjectRequest(...command)));
  }

  @Put(':id/vision')
  async setVision(
    @Param({ schema: requests.projectParams }) { id }: requests.ProjectParams,
    @Body({ schema: requests.visionBody }) body: requests.VisionBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'SetVision', { projectId: id, ...body });
    return sendReceipt(reply, await this.commands.execute(new ChangeProjectRequest(...command)));
  }

  @Put(':id/quota')
  async setQuota(
    @Param({ schema: requests.projectParams }) { id }: requests.ProjectParams,
    @Body({ schema: requests.quotaBody }) body: requests.QuotaBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'SetProjectQuota', { projectId: id, ...body });
    return sendReceipt(reply, await this.commands.execute(new SetProjectQuotaRequest(...command)));
  }
}
