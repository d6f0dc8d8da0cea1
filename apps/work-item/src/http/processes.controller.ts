import type { Receipt } from '@codex/event-sourcing';
import { Roles, sendReceipt } from '@codex/platform';
import { Body, Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SettleProcessRequest } from '../application/settle-process.handler';
import { commandOf } from './command-of';
import * as requests from './work-item.requests';

@Controller('v1/processes')
@Roles('operator')
export class ProcessesController {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/retry')
  @HttpCode(200)
  async retry(
    @Param({ schema: requests.idParams }) { id: processId }: requests.IdParams,
    @Body({ schema: requests.emptyBody }) _body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'RetryProcess', { processId });
    return sendReceipt(reply, await this.commands.execute(new SettleProcessRequest(...command)));
  }

  @Post(':id/skip')
  @HttpCode(200)
  async skip(
    @Param({ schema: requests.idParams }) { id: processId }: requests.IdParams,
    @Body({ schema: requests.skipBody }) { reason }: requests.SkipBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const command = commandOf(request, 'SkipProcess', { processId, reason });
    return sendReceipt(reply, await this.commands.execute(new SettleProcessRequest(...command)));
  }
}
