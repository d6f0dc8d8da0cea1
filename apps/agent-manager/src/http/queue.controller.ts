import { Controller, Get, Param, Query } from '@nestjs/common';
import { CurrentCaller, strictQuery, uuid, type Caller } from '@codex/platform';
import { z } from 'zod';
import { QueueViewer } from '../application/queue-view';
import { workItemParams } from './agents.requests';

const queueQuery = strictQuery({
  projectId: uuid.optional(),
  first: z.coerce.number().int().min(1).max(200).default(50),
});

/** The run queue as it is now. Nothing here comes from a read model. */
@Controller()
export class QueueController {
  constructor(private readonly queue: QueueViewer) {}

  @Get('v1/queue')
  list(@Query({ schema: queueQuery }) query: z.output<typeof queueQuery>, @CurrentCaller() caller: Caller) {
    return this.queue.list(caller.tenantId, query.first, query.projectId ?? null);
  }

  @Get('internal/queue/status')
  status(@CurrentCaller() caller: Caller) {
    return this.queue.status(caller.tenantId);
  }

  @Get('internal/work-items/:workItemId/queue')
  placeOf(@Param({ schema: workItemParams }) { workItemId }: { workItemId: string }, @CurrentCaller() caller: Caller) {
    return this.queue.placeOf(caller.tenantId, workItemId);
  }
}
