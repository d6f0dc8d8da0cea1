import { Problem } from '@codex/platform';

const REFUSED_BEFORE_SENDING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const TIMED_OUT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** A call that got no answer. Counts for the breaker; what the caller sees names nothing of the inside. */
export class UpstreamFailure extends Error {
  readonly isTimeout: boolean;
  /** True when the service can't have seen the request. */
  readonly neverSent: boolean;

  constructor(cause: unknown) {
    super('a service did not answer', { cause });
    const codes = codesOf(cause);
    this.isTimeout = codes.some((code) => TIMED_OUT.has(code));
    this.neverSent = codes.some((code) => REFUSED_BEFORE_SENDING.has(code));
  }

  /** What the client is told. */
  problem(): Problem {
    if (this.isTimeout) return new Problem('UPSTREAM_TIMEOUT', undefined, { cause: this.cause });
    return new Problem('UPSTREAM_UNAVAILABLE', undefined, { cause: this.cause, retryAfterS: 1 });
  }
}

function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  const nested = error instanceof AggregateError ? error.errors : [];
  return [...(typeof code === 'string' ? [code] : []), ...codesOf(cause), ...nested.flatMap(codesOf)];
}
