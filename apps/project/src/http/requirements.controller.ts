import { newId, type Receipt } from '@codex/event-sourcing';
import { Roles, sendReceipt } from '@codex/platform';
import { Body, Controller, Delete, Param, Patch, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ChangeRequirementRequest } from '../application/change-requirement.handler';
import { commandOf } from './command-of';
import * as requests from './project.requests';

@Controller('v1/projects/:id/requirements')
@Roles('member')
export class RequirementsController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  async add(
    @Param({ schema: requests.projectParams }) { id }: requests.ProjectParams,
    @Body({ schema: requests.addRequirementBody }) body: requests.AddRequirementBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'AddRequirement', { projectId: id, requirementId: newId(), ...body });
    const result = await this.commands.execute(new ChangeRequirementRequest(...command));
    return sendReceipt(reply, result, { created: `/v1/projects/${id}/requirements/${result.response.id}` });
  }

  @Patch(':rid')
  async change(
    @Param({ schema: requests.requirementParams }) { id, rid }: requests.RequirementParams,
    @Body({ schema: requests.changeRequirementBody }) body: requests.ChangeRequirementBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'ChangeRequirement', { projectId: id, requirementId: rid, ...body });
    return sendReceipt(reply, await this.commands.execute(new ChangeRequirementRequest(...command)));
  }

  @Delete(':rid')
  async remove(
    @Param({ schema: requests.requirementParams }) { id, rid }: requests.RequirementParams,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'RemoveRequirement', { projectId: id, requirementId: rid });
    return sendReceipt(reply, await this.commands.execute(new ChangeRequirementRequest(...command)));
  }
}
