import { types } from 'node:util';

import { CodedError, Unavailable } from '@codex/event-sourcing';
import { DatabaseError } from 'pg';

/** SQLSTATEs that tests and callers decide on by name. */
export const SqlState = {
  uniqueViolation: '23505',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
} as const;

const TRANSIENT_CLASSES = [
  '08', // connection
  '53', // out of connections, memory or disk
  '58', // I/O on the server
];
const TRANSIENT_STATES = new Set([
  SqlState.serializationFailure,
  SqlState.deadlockDetected,
  '25006', // read-only: the primary has moved
  '25P03', // idle in transaction for too long
  '25P04', // transaction timeout
  '55P03', // lock not available
  '57014', // statement timeout
  '57P01', // the server shuts down
  '57P02', // the server crashed
  '57P03', // the server is starting
  '57P05', // idle session timeout
]);

/**
 * What the database's error means for the caller: {@link Unavailable} when the same call may succeed later (the
 * connection broke, a timeout, a lock, no room), else the error itself. Errors that are classified already pass.
 */
export function classifyPostgresError(error: unknown): Error {
  if (error instanceof CodedError) return error;
  if (isTransient(error)) return new Unavailable('postgres', { cause: error });
  return types.isNativeError(error) ? error : new Error('something that is not an error was thrown', { cause: error });
}

/** True when the connection broke, so nobody told whether the statement or the COMMIT took effect. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.severity === 'FATAL' || error.severity === 'PANIC';
  return isSystemError(error) || hasClientMessage(error);
}

/** The SQLSTATE, when the database itself reported the error. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

/** The violated constraint or unique index, when that is what the database reported. */
export function constraintOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.constraint : undefined;
}

function isTransient(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state === undefined) return isConnectionLoss(error);
  return TRANSIENT_STATES.has(state) || TRANSIENT_CLASSES.some((prefix) => state.startsWith(prefix));
}

// Not `instanceof`: errors of Node's own modules may come from another realm.
function isSystemError(error: unknown): boolean {
  return types.isNativeError(error) && 'syscall' in error;
}

// pg throws plain errors for what happens to a connection; their texts are all there is to tell them by.
const CLIENT_MESSAGES =
  /^Connection terminated|^timeout exceeded when trying to connect|^Query read timeout|^Client has encountered a connection error|^Client was closed|^Cannot use a pool after calling end|^The server does not support SSL|^write after end|socket has been ended/i;

function hasClientMessage(error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  // One error for each address of the host's name.
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.every(isSystemError);
  return CLIENT_MESSAGES.test(error.message);
}
