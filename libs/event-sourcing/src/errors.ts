/**
 * The four kinds of failure, told apart by their consequence:
 * `refusal` is never retried, it is answered and recorded; `conflict` is repeated a few times by the command handler;
 * `transient` is retried with backoff while the partition waits; `poison` parks its entity with a dead letter.
 */
export type FailureKind = 'refusal' | 'conflict' | 'transient' | 'poison';

/** Base of every error with a decided consequence. `code` is stable, UPPER_SNAKE, and part of the public contract. */
export abstract class CodedError extends Error {
  abstract readonly kind: FailureKind;
  abstract readonly code: string;

  override get name(): string {
    return this.constructor.name;
  }
}

/** A rule of the domain said no. One subclass a rule; its values are fields. */
export abstract class Refusal extends CodedError {
  readonly kind = 'refusal';
}

/** The stream does not exist, or belongs to another tenant, which must look the same. */
export class NotFound extends Refusal {
  readonly code = 'NOT_FOUND';

  constructor(readonly subject: string) {
    super(`${subject} does not exist`);
  }
}

/** The caller named a version (`If-Match`) that is not the stream's current one. */
export class VersionMismatch extends Refusal {
  readonly code = 'VERSION_MISMATCH';

  constructor(
    readonly stream: string,
    readonly expected: number,
    readonly actual: number,
  ) {
    super(`expected version ${expected}, the current one is ${actual}`);
  }
}

/** The same idempotency key came with another request. */
export class IdempotencyKeyReused extends Refusal {
  readonly code = 'IDEMPOTENCY_KEY_REUSED';

  constructor(readonly key: string) {
    super('the idempotency key was used before with a different request');
  }
}

/** The first request with this idempotency key is still running in this process. */
export class CommandInFlight extends Refusal {
  readonly code = 'COMMAND_IN_FLIGHT';

  constructor(readonly key: string) {
    super('a request with the same idempotency key is still running');
  }
}

/** One event's body is larger than what can be published. */
export class PayloadTooLarge extends Refusal {
  readonly code = 'PAYLOAD_TOO_LARGE';

  constructor(
    readonly type: string,
    readonly bytes: number,
    readonly maxBytes: number,
  ) {
    super(`${type} has ${bytes} bytes, at most ${maxBytes} are allowed`);
  }
}

/** Another writer was first. Nothing was stored; read again, decide again, append in a new transaction. */
export class VersionConflict extends CodedError {
  readonly kind = 'conflict';
  readonly code = 'VERSION_CONFLICT';

  constructor(readonly streams: readonly string[]) {
    super(`another append was first on ${streams.join(', ')}`);
  }
}

/** Something outside is away for now; the same call may succeed later. `cause` says what. */
export class Unavailable extends CodedError {
  readonly kind = 'transient';
  readonly code = 'UPSTREAM_UNAVAILABLE';

  constructor(
    readonly dependency: string,
    options?: ErrorOptions,
  ) {
    super(`${dependency} is not available`, options);
  }
}

/** The message can never be processed as it is: undecodable, unknown schema, or an invariant is broken. */
export class Poison extends CodedError {
  readonly kind = 'poison';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The kind of any error: what nobody classified is poison, because retrying a bug does not mend it. */
export function failureKind(error: unknown): FailureKind {
  return error instanceof CodedError ? error.kind : 'poison';
}
