import type { Receipt } from '@codex/event-sourcing';
import { Roles, sendReceipt } from '@codex/platform';
import { Body, Controller, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ChangeWorkItemRequest } from '../application/change-work-item.handler';
import { CreateWorkItemRequest, type CreationReceipt } from '../application/create-work-item.handler';
import { RetryWorkItemRequest } from '../application/retry-work-item.handler';
import { NEW_ID } from '../application/tokens';
import { commandOf } from './command-of';
import * as requests from './work-item.requests';

@Controller('v1')
@Roles('member')
export class WorkItemsController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(NEW_ID) private readonly newId: () => string,
  ) {}

  @Post('projects/:projectId/work-items')
  @HttpCode(202)
  async create(
    @Param({ schema: requests.projectParams }) { projectId }: requests.ProjectParams,
    @Body({ schema: requests.createWorkItemBody }) body: requests.CreateWorkItemBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreationReceipt> {
    const data = { workItemId: this.newId(), processId: this.newId(), projectId, ...body };
    const result = await this.commands.execute(
      new CreateWorkItemRequest(...commandOf(request, 'CreateWorkItem', data)),
    );
    return sendReceipt(reply, result, { accepted: `/v1/work-items/${result.response.id}` });
  }

  @Post('work-items/:id/approve')
  @HttpCode(200)
  async approve(
    @Param({ schema: requests.idParams }) { id: workItemId }: requests.IdParams,
    @Body({ schema: requests.emptyBody }) _body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'ApproveWorkItem', { workItemId });
    return sendReceipt(reply, await this.commands.execute(new ChangeWorkItemRequest(...command)));
  }

  @Post('work-items/:id/reject')
  @HttpCode(200)
  async reject(
    @Param({ schema: requests.idParams }) { id: workItemId }: requests.IdParams,
    @Body({ schema: requests.reasonBody }) { reason }: requests.ReasonBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'RejectWorkItem', { workItemId, reason });
    return sendReceipt(reply, await this.commands.execute(new ChangeWorkItemRequest(...command)));
  }

  @Post('work-items/:id/cancel')
  @HttpCode(200)
  async cancel(
    @Param({ schema: requests.idParams }) { id: workItemId }: requests.IdParams,
    @Body({ schema: requests.reasonBody }) { reason }: requests.ReasonBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'CancelWorkItem', { workItemId, reason });
    return sendReceipt(reply, await this.commands.execute(new ChangeWorkItemRequest(...command)));
  }

  @Post('work-items/:id/retry')
  @HttpCode(200)
  async retry(
    @Param({ schema: requests.idParams }) { id: workItemId }: requests.IdParams,
    @Body({ schema: requests.emptyBody }) _body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'RetryWorkItem', { workItemId, processId: this.newId() });
    return sendReceipt(reply, await this.commands.execute(new RetryWorkItemRequest(...command)));
  }

  @Put('work-items/:id/priority')
  async changePriority(
    @Param({ schema: requests.idParams }) { id: workItemId }: requests.IdParams,
    @Body({ schema: requests.priorityBody }) { priority }: requests.PriorityBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'ChangePriority', { workItemId, priority });
    return sendReceipt(reply, await this.commands.execute(new ChangeWorkItemRequest(...command)));
  }
}
