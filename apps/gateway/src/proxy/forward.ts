import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { contextOf, INTERNAL_TOKEN_HEADER, tracingEnabled } from '@codex/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { endedBy } from '../live/live-answer';
import type { GatewayRoute, RouteKind } from '../routing/route';
import { abortWhenClientGoes } from './client-gone';
import { UpstreamFailure } from './upstream-failure';
import type { Lane, Upstream } from './upstream';

/** How long a service may take to begin its answer, in ms; 0 is no limit. */
export type Timeouts = Readonly<Record<RouteKind, number>>;

export const defaultTimeouts: Timeouts = { command: 10_000, query: 10_000, 'long-poll': 35_000, live: 0 };

/** Of the request: what ends at the gateway. */
const endsHere = new Set([
  'x-api-key',
  'authorization',
  'cookie',
  'expect',
  'te',
  'upgrade',
  'keep-alive',
  'proxy-connection',
]);
/** Of the answer: what belongs to the connection. */
const ofConnection = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** Smaller answers are gathered and written at once, which costs half of streaming them. */
const GATHERED_BYTES = 64 * 1024;

type Answer = Readable | Uint8Array;
type Body = Readable & { bytes(): Promise<Uint8Array> };

/** One forwarded call. `token` is null for the few pages that need no identity. */
export interface ForwardOptions {
  readonly route: Pick<GatewayRoute, 'kind' | 'method'>;
  readonly upstream: Upstream;
  readonly timeouts: Timeouts;
  readonly token: string | null;
  /** An open stream ends when one of these is aborted. */
  readonly endings: readonly AbortSignal[];
}

/**
 * Sends the request on and the answer back, streamed. Queries are tried once more when the connection failed; nothing
 * else is ever repeated, because a command that got no answer may have been carried out.
 */
export async function forward(
  request: FastifyRequest,
  reply: FastifyReply,
  options: ForwardOptions,
): Promise<FastifyReply> {
  const { route, upstream } = options;
  const lane: Lane = route.kind === 'long-poll' || route.kind === 'live' ? 'long' : 'short';
  const gone = lane === 'long' ? abortWhenClientGoes(reply) : null;
  const attempt = (): Promise<Answer | null> => upstream.call(lane, () => once(request, reply, { ...options, gone }));
  const isRepeatable = route.kind === 'query' && route.method === 'GET';
  const body = await attempt().catch((error: unknown) => {
    if (isRepeatable && !upstream.isOpen && isConnectionError(error)) return attempt();
    throw error;
  });
  if (body === null) return reply.hijack();
  return reply.send(isStream(body, reply) ? liveAnswer(body, reply, options.endings) : body);
}

function isStream(body: Answer, reply: FastifyReply): body is Readable {
  return body instanceof Readable && String(reply.getHeader('content-type')).startsWith('text/event-stream');
}

function liveAnswer(body: Readable, reply: FastifyReply, endings: readonly AbortSignal[]): Readable {
  // A stream that ended at the shutdown must not leave an idle connection that the server waits for.
  reply.header('connection', 'close');
  return endedBy(endings, body);
}

interface Attempt extends ForwardOptions {
  readonly gone: AbortSignal | null;
}

/** Null: the client went away, which is nobody's failure. */
function once(
  request: FastifyRequest,
  reply: FastifyReply,
  { route, upstream, timeouts, token, gone }: Attempt,
): Promise<Answer | null> {
  const body = request.body instanceof Buffer && request.body.length > 0 ? request.body : undefined;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => (gone?.aborted ? resolve(null) : reject(new UpstreamFailure(error)));
    reply.from(upstream.url + pathOf(request), {
      ...(body === undefined ? {} : { body, contentType: 'application/json' }),
      timeout: timeouts[route.kind],
      retryDelay: () => null,
      rewriteRequestHeaders: (_, headers) => requestHeaders(request, headers as IncomingHttpHeaders, token),
      rewriteHeaders: (headers) => answerHeaders(headers as IncomingHttpHeaders),
      onResponse: (_request, _reply, { stream }) => {
        gather(stream as unknown as Body, reply).then(resolve, fail);
      },
      onError: (_, { error }) => fail(error),
    });
  });
}

async function gather(body: Body, reply: FastifyReply): Promise<Answer> {
  const bytes = Number(reply.getHeader('content-length') ?? Number.POSITIVE_INFINITY);
  return bytes <= GATHERED_BYTES ? body.bytes() : body;
}

function requestHeaders(
  request: FastifyRequest,
  headers: IncomingHttpHeaders,
  token: string | null,
): IncomingHttpHeaders {
  const kept: IncomingHttpHeaders = {};
  for (const name in headers) {
    if (!endsHere.has(name) && !name.startsWith('x-internal-')) kept[name] = headers[name];
  }
  // The instrumentation of undici writes its own.
  if (tracingEnabled) delete kept.traceparent;
  kept['x-correlation-id'] = contextOf(request).correlationId;
  if (token !== null) kept[INTERNAL_TOKEN_HEADER] = token;
  return kept;
}

function answerHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept: IncomingHttpHeaders = {};
  for (const name in headers) {
    if (!ofConnection.has(name) && !name.startsWith('x-internal-')) kept[name] = headers[name];
  }
  return kept;
}

function pathOf(request: FastifyRequest): string {
  const { url } = request;
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function isConnectionError(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'UPSTREAM_UNAVAILABLE' && (error as Error).cause !== undefined;
}
