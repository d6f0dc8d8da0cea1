import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { contextOf, openContext, runInContext } from '../context/request-context';
import { registerJsonParser } from '../http/json-body';
import { secondsHistogram } from '../metrics/metrics';
import { Problem, validationFailed } from '../problems/problem';
import { problemDocument } from '../problems/problem-document';
import { sendProblem } from '../problems/problem-handler';
import type { Lifecycle } from './lifecycle';

/** What the server of one service needs to know. */
export interface ServerOptions {
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly bodyLimitBytes: number;
}

/** Longer than the idle time of any client's pool, so that it is always the client who lets a connection go. */
const KEEP_ALIVE_MS = 75_000;
const ALWAYS_SERVED = new Set(['/health/live', '/health/ready', '/metrics', '/openapi.json']);

/** A Fastify server whose every error is problem+json, with correlation, request metrics and the lifecycle's gate. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { logger } = options;
  const server = fastify({
    bodyLimit: options.bodyLimitBytes,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    logger: false,
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: (error, request, reply) =>
      sendProblem(error, { request, reply: reply as unknown as FastifyReply }, logger),
    clientErrorHandler: answerBrokenRequest,
  }) as unknown as FastifyInstance;
  server.setErrorHandler((error, request, reply) => sendProblem(error, { request, reply }, logger));
  server.setNotFoundHandler((request, reply) => sendProblem(new Problem('NOT_FOUND'), { request, reply }, logger));
  registerJsonParser(server);
  openRequests(server, options);
  measureRequests(server);
  return server;
}

/** Keeps Nest from replacing the one way errors are answered, which is set before any route exists. */
export class ProblemFastifyAdapter extends FastifyAdapter {
  constructor(server: FastifyInstance) {
    super(server as never);
  }

  override setErrorHandler(): ReturnType<FastifyAdapter['setErrorHandler']> {
    return this.instance;
  }

  override setNotFoundHandler(): ReturnType<FastifyAdapter['setNotFoundHandler']> {
    return this.instance;
  }
}

function openRequests(server: FastifyInstance, { lifecycle, logger }: ServerOptions): void {
  server.addHook('onRequest', (request, reply, done) => {
    const context = openContext(request);
    reply.header('x-correlation-id', context.correlationId);
    if (request.url.includes('%00')) {
      return sendProblem(validationFailed({ path: '', message: 'the URL holds a NUL' }), { request, reply }, logger);
    }
    if (!lifecycle.servesRequests && !ALWAYS_SERVED.has(request.url)) {
      if (lifecycle.signal.aborted) reply.header('connection', 'close');
      return sendProblem(
        new Problem('UPSTREAM_UNAVAILABLE', undefined, { retryAfterS: 1 }),
        { request, reply },
        logger,
      );
    }
    runInContext(context, done);
  });
}

function measureRequests(server: FastifyInstance): void {
  const duration = secondsHistogram('http_server_request_duration_seconds', 'Time from the request to its answer');
  server.addHook('onResponse', (request, reply, done) => {
    duration.record(reply.elapsedTime / 1000, {
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: String(reply.statusCode),
    });
    done();
  });
}

/** Requests that are not HTTP never reach a route; they still get the contract's shape. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const problem = validationFailed({ path: '', message: 'the request is not valid HTTP' });
  const { document } = problemDocument(problem, {
    instance: '',
    correlationId: contextOf({ headers: {} } as FastifyRequest).correlationId,
  });
  const body = JSON.stringify(document);
  socket.end(
    `HTTP/1.1 ${document.status} Bad Request\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
