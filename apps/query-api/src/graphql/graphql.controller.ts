import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CurrentCaller, Roles, type Caller } from '@codex/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ExecutionResult } from 'graphql';
import { z } from 'zod';
import { InjectReadPool, type ReadPool } from '../read-pool';
import { RunQueueClient } from '../run-queue.client';
import { graphqlErrors } from './graphql-errors';
import { QueryLimits } from './query-limits';
import type { GraphqlContext } from './graphql-context';

const graphqlBody = z.strictObject({
  query: z.string().min(1).max(50_000),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().max(200).nullish(),
  extensions: z.record(z.string(), z.unknown()).nullish(),
});

/** GraphQL behind the same authentication, limits and errors as REST. */
@Controller('graphql')
@Roles('member', 'operator', 'auditor')
export class GraphqlController {
  private limits: QueryLimits | undefined;

  constructor(
    private readonly adapter: HttpAdapterHost,
    @InjectReadPool() private readonly pool: ReadPool,
    private readonly runQueue: RunQueueClient,
  ) {}

  @Post()
  @HttpCode(200)
  async run(
    @Body({ schema: graphqlBody }) body: z.output<typeof graphqlBody>,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ExecutionResult> {
    const server = this.adapter.httpAdapter.getInstance<FastifyInstance>();
    const variables = body.variables ?? {};
    try {
      this.limits ??= new QueryLimits(server.graphql.schema, 'queries');
      this.limits.check(body.query, variables, body.operationName ?? undefined);
      const context: GraphqlContext = { caller, request, pool: this.pool, runQueue: this.runQueue };
      const operation = body.operationName ?? undefined;
      return await reply.graphql(body.query, { ...context }, variables, operation);
    } catch (error) {
      reply.code(400);
      return { data: null, errors: graphqlErrors(errorsIn(error)) as never };
    }
  }
}

function errorsIn(error: unknown): readonly unknown[] {
  const { errors } = error as { errors?: readonly unknown[] };
  return Array.isArray(errors) && errors.length > 0 && !isInputMistakes(errors) ? errors : [error];
}

function isInputMistakes(errors: readonly unknown[]): boolean {
  return errors.every((entry) => typeof (entry as { path?: unknown }).path === 'string');
}
