import { currentContext, type RequestContext } from '@codex/platform';
import type { FastifyReply } from 'fastify';

const signals = new WeakMap<RequestContext, AbortSignal>();

/** Aborts what this request is waiting for when its client closes the connection. */
export function abortWhenClientGoes(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  const context = currentContext();
  if (context !== undefined) signals.set(context, controller.signal);
  return controller.signal;
}

/** The signal of the request that is being served right now, if it has one. */
export function abortSignalOf(): AbortSignal | null {
  const context = currentContext();
  return (context && signals.get(context)) ?? null;
}
