import { CodedError, Unavailable } from '@codex/event-sourcing';

/** What the same call can never succeed with, so nobody should be told to wait. */
const PERMANENT = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

/** The coordinator of a group is not here, or not yet: also just after a broker has started. */
const COORDINATOR_AWAY = new Set([
  'NOT_COORDINATOR',
  'NOT_COORDINATOR_FOR_GROUP',
  'COORDINATOR_NOT_AVAILABLE',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'GROUP_LOAD_IN_PROGRESS',
  'REQUEST_TIMED_OUT',
]);

/** `Unavailable` when nobody answered for the group; what its coordinator refused is left as it is. */
export function classifyGroupRequest(error: unknown, protocolError: string | undefined): unknown {
  const away = protocolError === undefined || COORDINATOR_AWAY.has(protocolError);
  return away ? new Unavailable('kafka', { cause: error }) : error;
}

/**
 * `Unavailable` for everything that may pass: a broker away, no leader, a timeout, rights not granted yet. `protocolError`
 * is Kafka's own name of the error, when there is one.
 */
export function classifyFailedRequest(error: unknown, protocolError: string | undefined): Error {
  if (error instanceof CodedError) return error;
  if (error instanceof Error && PERMANENT.has(protocolError ?? '')) return error;
  return new Unavailable('kafka', { cause: error });
}

const LEADER_NOT_AVAILABLE = 5;

/**
 * By the error code that a broker gives a topic in a list of all: one without a leader is there, one that is being
 * deleted is not.
 */
export function isListedTopic(errorCode: number): boolean {
  return errorCode === 0 || errorCode === LEADER_NOT_AVAILABLE;
}
