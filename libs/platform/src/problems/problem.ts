import { CodedError, type FailureKind } from '@codex/event-sourcing';

/** One mistake in the input. `path` is dotted, from the body's root; empty for the whole. */
export interface InputMistake {
  readonly path: string;
  readonly message: string;
}

/** What the HTTP edge itself refuses, with the status and title of each code. Part of the public contract. */
export const edgeProblems = {
  VALIDATION_FAILED: { status: 400, title: 'The request is not valid' },
  MALFORMED_JSON: { status: 400, title: 'The body is not JSON' },
  UNAUTHENTICATED: { status: 401, title: 'Credentials are missing or not valid' },
  FORBIDDEN: { status: 403, title: 'The role does not allow this' },
  NOT_FOUND: { status: 404, title: 'There is nothing here' },
  CURSOR_EXPIRED: { status: 410, title: 'The cursor is too old' },
  CONTENT_LOST: { status: 410, title: 'The content was lost with a database' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The media type is not supported' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  INTERNAL_ERROR: { status: 500, title: 'Something went wrong inside' },
  UPSTREAM_UNAVAILABLE: { status: 503, title: 'A service is not available' },
  READ_MODEL_BEHIND: { status: 503, title: 'The read model is behind' },
  UPSTREAM_TIMEOUT: { status: 504, title: 'A service did not answer in time' },
} as const;

/** The codes of {@link edgeProblems}. */
export type EdgeCode = keyof typeof edgeProblems;

const kinds: Partial<Record<EdgeCode, FailureKind>> = {
  INTERNAL_ERROR: 'poison',
  UPSTREAM_UNAVAILABLE: 'transient',
  READ_MODEL_BEHIND: 'transient',
  UPSTREAM_TIMEOUT: 'transient',
};

/** What may be added to a problem. `retryAfterS` becomes `Retry-After`. */
export interface ProblemOptions extends ErrorOptions {
  readonly errors?: readonly InputMistake[];
  readonly retryAfterS?: number;
}

/** An answer of the HTTP edge that is not a rule of the domain. `detail` is shown to the caller: nothing of the inside. */
export class Problem extends CodedError {
  readonly kind: FailureKind;
  readonly errors: readonly InputMistake[] | undefined;
  readonly retryAfterS: number | undefined;

  constructor(
    readonly code: EdgeCode,
    detail: string = edgeProblems[code].title,
    options: ProblemOptions = {},
  ) {
    super(detail, options);
    this.kind = kinds[code] ?? 'refusal';
    this.errors = options.errors;
    this.retryAfterS = options.retryAfterS;
  }
}

/** 400 `VALIDATION_FAILED` that names each mistake. */
export function validationFailed(...errors: readonly InputMistake[]): Problem {
  const detail = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  return new Problem('VALIDATION_FAILED', detail.slice(0, 500), { errors: errors.slice(0, 100) });
}
