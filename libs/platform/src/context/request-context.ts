import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyRequest } from 'fastify';
import { fastId } from './fast-id';

/** Who calls: opaque actor id, tenant and roles, all from the credential. */
export interface Caller {
  readonly actor: string;
  readonly tenantId: string;
  readonly roles: readonly string[];
}

/** What belongs to one unit of work from outside: a request, or a batch of messages. */
export interface RequestContext {
  readonly correlationId: string;
  /** The caller's `traceparent` header, when it was well-formed. */
  readonly traceparent: string | undefined;
  /** Null until the guard has verified the token, and on public routes. */
  caller: Caller | null;
}

const storage = new AsyncLocalStorage<RequestContext>();
const contextKey = Symbol('request context');

const CORRELATION_ID = /^[A-Za-z0-9._-]{1,128}$/;
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The context of the code that runs now; undefined outside of requests and messages. */
export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}

/** Runs `fn` and everything it awaits in this context. */
export function runInContext<Result>(context: RequestContext, fn: () => Result): Result {
  return storage.run(context, fn);
}

/** Opens the context of a request from its headers; malformed correlation ids are replaced, malformed traces dropped. */
export function openContext(request: FastifyRequest): RequestContext {
  const { 'x-correlation-id': correlationId, traceparent } = request.headers;
  const context: RequestContext = {
    correlationId: typeof correlationId === 'string' && CORRELATION_ID.test(correlationId) ? correlationId : fastId(),
    traceparent: typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : undefined,
    caller: null,
  };
  (request as unknown as Record<symbol, RequestContext>)[contextKey] = context;
  return context;
}

/** The context of a request; opens one when the request never reached the hook (errors of the router). */
export function contextOf(request: FastifyRequest): RequestContext {
  return (request as unknown as Record<symbol, RequestContext>)[contextKey] ?? openContext(request);
}

/** The verified caller of a request. Throws on a public route: there is none. */
export function callerOf(request: FastifyRequest): Caller {
  const { caller } = contextOf(request);
  if (caller === null) throw new Error('this route is public and has no caller');
  return caller;
}
