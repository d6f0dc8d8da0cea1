import { createHash } from 'node:crypto';
import { newId, type CommandMetadata, type CommandResult, type RunOptions } from '@codex/event-sourcing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, contextOf } from '../context/request-context';
import { pathOf } from '../problems/problem-handler';
import { validationFailed } from '../problems/problem';
import { currentTraceparent } from '../tracing/trace-context';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;
const IF_MATCH = /^(?:"(\d{1,9})"|(\d{1,9}))$/;

/** The metadata of the command that a request asks for: new id, caller, correlation and trace of the request. */
export function commandMetadata(request: FastifyRequest, now: Date = new Date()): CommandMetadata {
  const context = contextOf(request);
  const caller = callerOf(request);
  const commandId = newId();
  const traceparent = currentTraceparent() ?? context.traceparent;
  return {
    commandId,
    tenantId: caller.tenantId,
    actor: caller.actor,
    correlationId: context.correlationId,
    causationId: commandId,
    ...(traceparent === undefined ? {} : { traceparent }),
    now: now.toISOString(),
  };
}

/**
 * `Idempotency-Key` and `If-Match` of a request, for `CommandRunner`. The key is unique by method and concrete route;
 * the fingerprint covers method, route and body, whatever the order of the body's fields. 400 when malformed.
 *
 * @param route the concrete path, default the request's own
 */
export function runOptions(request: FastifyRequest, route: string = pathOf(request)): RunOptions {
  const key = request.headers['idempotency-key'];
  const ifMatch = request.headers['if-match'];
  return {
    ...(key === undefined ? {} : { idempotency: idempotencyClaim(request, route, String(key)) }),
    ...(ifMatch === undefined ? {} : { ifVersion: versionOf(ifMatch) }),
  };
}

/** Where a command leads: `created` answers 201 and `accepted` 202, both with that `Location`; else 200. */
export interface ReceiptOptions {
  readonly created?: string;
  readonly accepted?: string;
}

/**
 * Sets status and headers for the result of a command and returns the body, for handlers with
 * `@Res({ passthrough: true }) reply`. A replayed result gets the same answer plus `Idempotent-Replayed`.
 */
export function sendReceipt<Response extends object>(
  reply: FastifyReply,
  result: CommandResult<Response>,
  options: ReceiptOptions = {},
): Response {
  const location = options.created ?? options.accepted;
  void reply.code(options.created !== undefined ? 201 : options.accepted !== undefined ? 202 : 200);
  if (location !== undefined) void reply.header('location', location);
  const { consistencyToken } = result.response as { consistencyToken?: unknown };
  if (typeof consistencyToken === 'string') void reply.header('x-consistency-token', consistencyToken);
  if (result.replayed) void reply.header('idempotent-replayed', 'true');
  return result.response;
}

/** JSON with sorted keys, so that equal bodies have equal text. */
export function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_, entry: unknown) =>
      isRecord(entry) ? Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1))) : entry,
    ) ?? 'null'
  );
}

function idempotencyClaim(request: FastifyRequest, route: string, key: string) {
  if (!IDEMPOTENCY_KEY.test(key)) {
    throw validationFailed({ path: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' });
  }
  const fingerprint = createHash('sha256')
    .update(`${request.method} ${route}\n`)
    .update(canonicalJson(request.body))
    .digest('hex');
  return { key: `${request.method} ${route}:${key}`, fingerprint };
}

function versionOf(header: string): number {
  const match = IF_MATCH.exec(header);
  if (match === null) throw validationFailed({ path: 'If-Match', message: 'must be one version in quotes, like "3"' });
  return Number(match[1] ?? match[2]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
