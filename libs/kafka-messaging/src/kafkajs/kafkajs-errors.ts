import { classifyFailedRequest } from '../driver/failed-requests';

/** The broker no longer accepts the sequence of this producer: only a new producer id helps. */
const LOST_IDENTITY = new Set([
  'UNKNOWN_PRODUCER_ID',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
]);

/** The protocol error's name behind all wrapping, e.g. `NOT_LEADER_FOR_PARTITION`. */
export function protocolErrorType(error: unknown): string | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 8; depth++) {
    const { type, cause } = current as { type?: unknown; cause?: unknown };
    if (typeof type === 'string') return type;
    current = cause ?? (current as { originalError?: unknown }).originalError;
  }
  return undefined;
}

export function hasLostIdentity(error: unknown): boolean {
  return LOST_IDENTITY.has(protocolErrorType(error) ?? '');
}

export function classifyKafkaError(error: unknown): Error {
  return classifyFailedRequest(error, protocolErrorType(error));
}
