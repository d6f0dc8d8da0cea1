import { CodedError } from '@codex/event-sourcing';
import { edgeProblems, Problem, validationFailed, type InputMistake } from './problem';

/** RFC 9457, as the contract has it. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly instance: string;
  readonly correlationId: string;
  readonly errors?: readonly InputMistake[];
}

/** Where a problem happened: the path of the request without its query, and the id under which it is logged. */
export interface ProblemPlace {
  readonly instance: string;
  readonly correlationId: string;
}

const MEDIA_TYPE = 'application/problem+json; charset=utf-8';
const DEFAULT_RETRY_AFTER_S = 1;

/** Codes of the domain whose status is not the usual 409 of a refusal. */
const statusOfRefusal: Readonly<Record<string, number>> = {
  NOT_FOUND: 404,
  VERSION_MISMATCH: 412,
  PAYLOAD_TOO_LARGE: 413,
  IDEMPOTENCY_KEY_REUSED: 422,
};

/** The public answer to any error. What nobody classified becomes `INTERNAL_ERROR` and says nothing. */
export function problemDocument(
  thrown: unknown,
  place: ProblemPlace,
): { readonly document: ProblemDocument; readonly headers: Readonly<Record<string, string>> } {
  const error = publicError(thrown);
  const status = statusOf(error);
  const document: ProblemDocument = {
    type: `urn:codex:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: titleOf(error.code),
    status,
    detail: error.message,
    code: error.code,
    instance: place.instance,
    correlationId: place.correlationId,
    ...(error instanceof Problem && error.errors !== undefined ? { errors: error.errors } : {}),
  };
  return { document, headers: headersOf(error, status) };
}

/** The HTTP status of a classified error, by kind and code. */
export function statusOf(error: CodedError): number {
  if (error instanceof Problem) return edgeProblems[error.code].status;
  if (error.kind === 'refusal') return statusOfRefusal[error.code] ?? 409;
  if (error.kind === 'conflict') return 409;
  return error.kind === 'transient' ? 503 : 500;
}

function publicError(thrown: unknown): CodedError {
  if (!(thrown instanceof CodedError)) return frameworkProblem(thrown);
  if (thrown instanceof Problem || thrown.kind === 'refusal') return thrown;
  if (thrown.kind === 'conflict') return new ConflictAnswer(thrown.code);
  if (thrown.kind === 'poison') return new Problem('INTERNAL_ERROR', undefined, { cause: thrown });
  const code = thrown.code === 'READ_MODEL_BEHIND' ? 'READ_MODEL_BEHIND' : 'UPSTREAM_UNAVAILABLE';
  return new Problem(code, undefined, { cause: thrown });
}

/** The streams of a version conflict are of no use to a caller; that it may repeat the request is. */
class ConflictAnswer extends CodedError {
  readonly kind = 'conflict';

  constructor(readonly code: string) {
    super('another request changed the same resource at the same time; read it and try again');
  }
}

function frameworkProblem(thrown: unknown): Problem {
  const { code, statusCode, status } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown; status?: unknown };
  if (thrown instanceof SyntaxError && statusCode === 400) return new Problem('MALFORMED_JSON');
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('PAYLOAD_TOO_LARGE');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem('UNSUPPORTED_MEDIA_TYPE');
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new Problem('MALFORMED_JSON');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return validationFailed({ path: '', message: 'the body does not have the announced length' });
    case 'FST_ERR_BAD_URL':
      return validationFailed({ path: '', message: 'the path is not a valid URL path' });
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new Problem('NOT_FOUND');
  }
  return byStatus(statusCode ?? status) ?? new Problem('INTERNAL_ERROR', undefined, { cause: thrown });
}

function byStatus(status: unknown): Problem | null {
  if (status === 400) return validationFailed({ path: '', message: 'the request is not valid' });
  if (status === 401) return new Problem('UNAUTHENTICATED');
  if (status === 403) return new Problem('FORBIDDEN');
  if (status === 404 || status === 405 || status === 414) return new Problem('NOT_FOUND');
  if (status === 413) return new Problem('PAYLOAD_TOO_LARGE');
  if (status === 415) return new Problem('UNSUPPORTED_MEDIA_TYPE');
  return status === 503 ? new Problem('UPSTREAM_UNAVAILABLE') : null;
}

function headersOf(error: CodedError, status: number): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': MEDIA_TYPE };
  const retryAfterS = error instanceof Problem ? error.retryAfterS : undefined;
  if (status === 503 || status === 429) headers['retry-after'] = String(retryAfterS ?? DEFAULT_RETRY_AFTER_S);
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return headers;
}

function titleOf(code: string): string {
  if (code in edgeProblems) return edgeProblems[code as keyof typeof edgeProblems].title;
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
