import { newId, type Receipt } from '@codex/event-sourcing';
import {
  commandMetadata,
  CurrentCaller,
  cursorCodec,
  pageOf,
  Roles,
  runOptions,
  sendReceipt,
  uuid,
  validationFailed,
  type Caller,
  type Page,
} from '@codex/platform';
import { Body, Controller, Delete, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CreateSubscriptionRequest, type SubscriptionReceipt } from '../application/create-subscription.handler';
import { RemoveSubscriptionRequest } from '../application/remove-subscription.handler';
import { Subscriptions, type Subscription } from '../persistence/subscriptions';
import { isPublicAddress, literalAddress } from '../webhook/public-address';
import * as requests from './subscription.requests';

/** Inject with this whether webhooks may go to private addresses. */
export const ALLOW_PRIVATE = Symbol('allow private webhook targets');

const cursor = cursorCodec(uuid);

@Controller('v1/subscriptions')
@Roles('member')
export class SubscriptionsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly subscriptions: Subscriptions,
    @Inject(ALLOW_PRIVATE) private readonly allowPrivate: boolean,
  ) {}

  @Post()
  async create(
    @Body({ schema: requests.createSubscriptionBody }) body: requests.CreateSubscriptionBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SubscriptionReceipt> {
    this.requireAllowed(body.url);
    const data = { subscriptionId: newId(), ...body };
    const command = { type: 'CreateSubscription', data, metadata: commandMetadata(request) } as const;
    const result = await this.commands.execute(new CreateSubscriptionRequest(command, runOptions(request)));
    return sendReceipt(reply, result, { created: `/v1/subscriptions/${result.response.id}` });
  }

  @Get()
  async list(
    @Query({ schema: requests.subscriptionsQuery }) query: requests.SubscriptionsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<Subscription>> {
    const rows = await this.subscriptions.list({
      tenantId: caller.tenantId,
      projectId: query.projectId,
      beforeId: cursor.decode(query.after),
      limit: query.first + 1,
    });
    return pageOf(rows, query.first, { item: (row) => row, cursor: (row) => cursor.encode(row.id) });
  }

  @Delete(':id')
  async remove(
    @Param({ schema: requests.subscriptionParams }) { id }: requests.SubscriptionParams,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const data = { subscriptionId: id };
    const command = { type: 'RemoveSubscription', data, metadata: commandMetadata(request) } as const;
    return sendReceipt(reply, await this.commands.execute(new RemoveSubscriptionRequest(command, runOptions(request))));
  }

  /** Tells at once what sending would find out later; a name is resolved only then. */
  private requireAllowed(url: string): void {
    const literal = literalAddress(new URL(url));
    if (this.allowPrivate || literal === null || isPublicAddress(literal)) return;
    throw validationFailed({ path: 'url', message: 'must lead to a public address' });
  }
}
