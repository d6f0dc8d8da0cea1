import { Body, Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { commandMetadata, idParams, Lifecycle, Roles } from '@codex/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClaimDesk } from '../application/claim-desk';
import type { LeasedRun } from '../application/claim-round';
import { Heartbeats } from '../application/heartbeats';
import { Liveness } from '../application/liveness';
import { claimBody, heartbeatBody, type ClaimBody, type HeartbeatBody } from './agents.requests';

/** What agents call all the time: getting work and keeping it. */
@Controller('v1/agents/:id')
@Roles('agent')
export class ClaimsController {
  constructor(
    private readonly desk: ClaimDesk,
    private readonly heartbeats: Heartbeats,
    private readonly liveness: Liveness,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** Long poll. Ends early when the client hangs up or the service stops; nothing is claimed for a client that is gone. */
  @Post('claims')
  @HttpCode(200)
  async claim(
    @Param({ schema: idParams }) { id }: { id: string },
    @Body({ schema: claimBody }) { max, waitMs }: ClaimBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    this.liveness.notice(id);
    const signal = AbortSignal.any([goneSignal(reply), this.lifecycle.signal]);
    const runs = await this.desk.claim({ agentId: id, max, waitMs, signal, command: commandMetadata(request) });
    this.liveness.notice(id);
    return { items: runs.map(claimView) };
  }

  @Post('heartbeat')
  @HttpCode(200)
  async heartbeat(
    @Param({ schema: idParams }) { id }: { id: string },
    @Body({ schema: heartbeatBody }) { runs }: HeartbeatBody,
    @Req() request: FastifyRequest,
  ) {
    this.liveness.notice(id);
    return { runs: await this.heartbeats.beat(id, runs, commandMetadata(request)) };
  }
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

function claimView(run: LeasedRun) {
  return {
    runId: run.runId,
    workItemId: run.workItemId,
    projectId: run.projectId,
    attempt: run.attempt,
    toolRecipe: run.recipe,
    leaseToken: run.leaseToken,
    leaseExpiresAt: run.leaseExpiresAt,
    timeoutMs: run.timeoutMs,
    traceparent: run.origin.traceparent ?? null,
    correlationId: run.origin.correlationId,
  };
}
