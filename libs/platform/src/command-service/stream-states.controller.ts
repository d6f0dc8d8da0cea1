import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { CurrentCaller, Roles } from '../auth/auth.decorators';
import type { Caller } from '../context/request-context';
import { strictQuery } from '../http/lists';
import { Problem, validationFailed } from '../problems/problem';
import { StreamStates, type StreamState } from './stream-states';

const STREAM = /^[A-Z][A-Za-z]{0,40}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const streamParams = z.object({ stream: z.string().regex(STREAM, 'must be <Category>-<uuid>') });
const asOfQuery = strictQuery({
  version: z.coerce.number().int().min(1).max(2_147_483_647).optional(),
  at: z.iso.datetime({ offset: true, message: 'must be a time as RFC 3339 has it' }).optional(),
});

/** What a stream was at a version or a time: for operators and auditors who ask why something was decided. */
@Controller('v1/operations/streams')
@Roles('operator', 'auditor')
export class StreamStatesController {
  constructor(private readonly states: StreamStates) {}

  @Get(':stream')
  async state(
    @Param({ schema: streamParams }) { stream }: z.output<typeof streamParams>,
    @Query({ schema: asOfQuery }) asOf: z.output<typeof asOfQuery>,
    @CurrentCaller() { tenantId }: Caller,
  ): Promise<StreamState> {
    if (asOf.version !== undefined && asOf.at !== undefined) {
      throw validationFailed({ path: 'at', message: 'can not be given together with version' });
    }
    const dash = stream.indexOf('-');
    const known = `${stream.slice(0, dash)}${stream.slice(dash).toLowerCase()}`;
    const state = await this.states.stateOf(known, tenantId, asOf);
    if (state === null) throw new Problem('NOT_FOUND');
    return state;
  }
}
