import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { contextOf } from '../context/request-context';
import { Problem } from './problem';
import { problemDocument } from './problem-document';

/** A request and where its answer goes. */
export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Answers any error as problem+json. Server errors are logged with their cause; refusals only at debug. */
export function sendProblem(error: unknown, { request, reply }: Exchange, logger: Logger): void {
  const { correlationId } = contextOf(request);
  const { document, headers } = problemDocument(error, { instance: pathOf(request), correlationId });
  const clientIsGone = reply.raw.destroyed;
  const route = `${request.method} ${request.routeOptions?.url ?? 'unknown route'}`;
  log(error, { route, status: clientIsGone ? 0 : document.status }, logger);
  if (reply.sent) return;
  // Of an answer that broke off while it was passed on.
  reply.removeHeader('content-length');
  void reply
    .code(document.status)
    .headers({ ...headers, 'x-correlation-id': correlationId })
    .send(JSON.stringify(document));
}

/** The path of a request without its query. */
export function pathOf(request: FastifyRequest): string {
  const { url } = request;
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** The one exception filter of every service. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const exchange = { request: http.getRequest<FastifyRequest>(), reply: http.getResponse<FastifyReply>() };
    sendProblem(error, exchange, this.logger);
  }
}

function log(error: unknown, { route, status }: { route: string; status: number }, logger: Logger): void {
  if (status === 500) logger.error({ err: error, route }, 'request failed');
  else if (status >= 503)
    logger.warn({ err: error instanceof Problem ? error.cause : error, route }, 'request could not be served');
  else if (logger.isLevelEnabled('debug')) logger.debug({ route, status, reason: String(error) }, 'request refused');
}
