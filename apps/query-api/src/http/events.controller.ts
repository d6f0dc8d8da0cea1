import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { isPublicEvent } from '@codex/contracts';
import { CurrentCaller, Roles, strictQuery, uuid, type Caller } from '@codex/platform';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { decodeLiveCursor } from '../live/live-cursor';
import { LiveFeed } from '../live/live-feed';
import { EventStream } from './event-stream';

const MOST_TYPES = 100;
const LONGEST_CURSOR = 4_096;

const types = z
  .string()
  .transform((text) => text.split(','))
  .refine((names) => names.length <= MOST_TYPES && names.every(isPublicEvent), 'must name public events');
const cursor = z.string().min(1).max(LONGEST_CURSOR);
const eventsQuery = strictQuery({
  projectId: uuid.optional(),
  workItemId: uuid.optional(),
  types: types.optional(),
  after: cursor.optional(),
});
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  // A stream that ended at the shutdown must not leave an idle connection that the server waits for.
  connection: 'close',
};

/** Every public event of the caller's tenant, live. */
@Controller('v1/events')
@Roles('member', 'operator', 'auditor')
export class EventsController {
  constructor(private readonly feed: LiveFeed) {}

  @Get()
  async follow(
    @Query({ schema: eventsQuery }) query: z.output<typeof eventsQuery>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // A browser that comes back by itself repeats the URL, so what it saw last counts more than where it began.
    const after = lastEventId || query.after;
    const { projectId, workItemId } = query;
    const subscription = await this.feed.subscribe({
      caller: `${caller.tenantId}/${caller.actor}`,
      filter: { tenantId: caller.tenantId, projectId, workItemId, types: query.types && new Set(query.types) },
      after: after === undefined ? undefined : decodeLiveCursor(after),
    });
    void reply.headers(HEADERS).send(new EventStream(subscription, this.feed.limits.heartbeatMs));
  }
}
