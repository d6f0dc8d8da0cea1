import type { Caller } from '@codex/platform';
import type { FastifyRequest } from 'fastify';
import type { ReadPool } from '../read-pool';
import type { RunQueueClient } from '../run-queue.client';

/** What resolvers get besides their parent and arguments. */
export interface GraphqlContext {
  readonly caller: Caller;
  readonly request: FastifyRequest;
  readonly pool: ReadPool;
  readonly runQueue: RunQueueClient;
}
