import replyFrom from '@fastify/reply-from';
import type { FastifyInstance } from 'fastify';
import { Agent, type Dispatcher } from 'undici';
import { abortSignalOf } from './client-gone';

const CONNECTIONS_PER_SERVICE = 1536;
const IDLE_CONNECTION_MS = 60_000;
const CONNECT_TIMEOUT_MS = 2_000;

/** `reply.from` over kept-alive connections to the services; long calls end when their client goes away. */
export async function registerProxy(server: FastifyInstance): Promise<void> {
  const agent = new Agent({
    connections: CONNECTIONS_PER_SERVICE,
    pipelining: 1,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    keepAliveMaxTimeout: IDLE_CONNECTION_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  });
  await server.register(replyFrom, {
    disableCache: true,
    disableRequestLogging: true,
    undici: {
      request: ((
        options: Dispatcher.RequestOptions,
        callback: (error: Error | null, answer: Dispatcher.ResponseData) => void,
      ) => agent.request({ ...options, signal: abortSignalOf() }, callback)) as never,
    },
  });
  server.addHook('onClose', () => agent.close());
}
