import { Body, Controller, Param, Post, Req, Res } from '@nestjs/common';
import { commandMetadata, Roles, runOptions, sendReceipt } from '@codex/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Ending } from '../application/run-ending';
import { RunEndings } from '../application/run-endings';
import { completeBody, failBody, runParams, type CompleteBody, type FailBody } from './agents.requests';
import { requireSmallResult, uploadedArtifacts } from './artifact-upload';

/** The ends of runs, as their agents report them. */
@Controller('v1/runs/:runId')
@Roles('agent')
export class RunsController {
  constructor(private readonly endings: RunEndings) {}

  @Post('complete')
  async complete(
    @Param({ schema: runParams }) { runId }: { runId: string },
    @Body({ schema: completeBody }) { leaseToken, result, artifacts }: CompleteBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    requireSmallResult(result);
    const ending: Ending = { kind: 'complete', result, artifacts: uploadedArtifacts(artifacts) };
    return this.end({ runId, leaseToken, ending }, request, reply);
  }

  @Post('fail')
  async fail(
    @Param({ schema: runParams }) { runId }: { runId: string },
    @Body({ schema: failBody }) { leaseToken, error, retryable }: FailBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.end({ runId, leaseToken, ending: { kind: 'fail', error, retryable } }, request, reply);
  }

  private async end(
    command: { readonly runId: string; readonly leaseToken: string; readonly ending: Ending },
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    const { idempotency } = runOptions(request);
    const result = await this.endings.end({ ...command, metadata: commandMetadata(request), idempotency });
    return sendReceipt(reply, result);
  }
}
