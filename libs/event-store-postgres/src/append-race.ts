import { constraintOf, SqlState, sqlStateOf } from '@codex/postgres';

const OWN_CONSTRAINTS: ReadonlySet<string | undefined> = new Set(['events_stream', 'commands_key']);

/** Another transaction stored the same version or the same key between the checks and the insert. */
export function isLostRace(error: unknown): boolean {
  return sqlStateOf(error) === SqlState.uniqueViolation && OWN_CONSTRAINTS.has(constraintOf(error));
}

/** The same batch, sent again, can end otherwise at once: by then the checks see what the other transaction wrote. */
export function isRepeatable(error: unknown): boolean {
  const state = sqlStateOf(error);
  return isLostRace(error) || state === SqlState.deadlockDetected || state === SqlState.serializationFailure;
}
