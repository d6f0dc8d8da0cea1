import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Roles } from '../auth/auth.decorators';
import { commandMetadata } from '../http/commands';
import { cursorCodec, idParams, listQuery, pageOf, uuid } from '../http/lists';
import { InboxOperations } from './inbox-operations';

const text = (max: number) => z.string().trim().min(1, 'must not be empty').max(max);
const reason = text(1000);
const listFilter = listQuery({
  group: text(200).optional(),
  consumerGroup: text(200).optional(),
  status: z.enum(['parked', 'redriven', 'discarded']).optional(),
});
const redriveBody = z.strictObject({ reason: reason.optional() });
const discardBody = z.strictObject({ reason });
const groupParams = z.object({ group: text(200) });
const skipBody = z.strictObject({
  group: text(200),
  topic: text(249),
  partition: z.int().min(0),
  offset: z.int().min(0),
  eventId: text(512),
  reason,
});
const adoptBody = z.strictObject({ group: text(200), reason });
const cursor = cursorCodec(uuid);

/** The inbox of this service, for operators. The gateway merges those of all services; it does not route here. */
@Controller('internal/inbox')
@Roles('operator')
export class InboxController {
  constructor(private readonly inbox: InboxOperations) {}

  @Get('status')
  status() {
    return this.inbox.status();
  }

  @Get('consumers')
  async consumers() {
    return { items: await this.inbox.consumers() };
  }

  @Post('consumers/skip')
  @HttpCode(200)
  skip(@Body({ schema: skipBody }) body: z.output<typeof skipBody>, @Req() request: FastifyRequest) {
    const { group, reason: why, ...at } = body;
    return this.inbox.skip(group, at, { reason: why, by: commandMetadata(request) });
  }

  @Post('consumers/adopt')
  @HttpCode(200)
  adopt(@Body({ schema: adoptBody }) body: z.output<typeof adoptBody>, @Req() request: FastifyRequest) {
    const { group, reason: why } = body;
    return this.inbox.adopt(group, { reason: why, by: commandMetadata(request) });
  }

  @Get('dead-letters')
  async deadLetters(@Query({ schema: listFilter }) query: z.output<typeof listFilter>) {
    const { first, after, group, consumerGroup, status } = query;
    const filter = { group: consumerGroup, failureGroup: group, status, before: cursor.decode(after) };
    const letters = await this.inbox.deadLetters({ ...filter, limit: first + 1 });
    return pageOf(letters, first, { item: (letter) => letter, cursor: ({ id }) => cursor.encode(id) });
  }

  @Get('dead-letters/:id')
  deadLetter(@Param({ schema: idParams }) { id }: z.output<typeof idParams>) {
    return this.inbox.deadLetter(id);
  }

  @Post('dead-letters/:id/redrive')
  @HttpCode(200)
  redrive(
    @Param({ schema: idParams }) { id }: z.output<typeof idParams>,
    @Body({ schema: redriveBody }) body: z.output<typeof redriveBody>,
    @Req() request: FastifyRequest,
  ) {
    return this.inbox.redrive(id, { ...body, by: commandMetadata(request) });
  }

  @Post('dead-letters/:id/discard')
  @HttpCode(200)
  discard(
    @Param({ schema: idParams }) { id }: z.output<typeof idParams>,
    @Body({ schema: discardBody }) body: z.output<typeof discardBody>,
    @Req() request: FastifyRequest,
  ) {
    return this.inbox.discard(id, { ...body, by: commandMetadata(request) });
  }

  @Post('failure-groups/:group/redrive')
  @HttpCode(200)
  redriveGroup(
    @Param({ schema: groupParams }) { group }: z.output<typeof groupParams>,
    @Body({ schema: redriveBody }) body: z.output<typeof redriveBody>,
    @Req() request: FastifyRequest,
  ) {
    return this.inbox.settleGroup(group, 'redrive', { ...body, by: commandMetadata(request) });
  }

  @Post('failure-groups/:group/discard')
  @HttpCode(200)
  discardGroup(
    @Param({ schema: groupParams }) { group }: z.output<typeof groupParams>,
    @Body({ schema: discardBody }) body: z.output<typeof discardBody>,
    @Req() request: FastifyRequest,
  ) {
    return this.inbox.settleGroup(group, 'discard', { ...body, by: commandMetadata(request) });
  }
}
