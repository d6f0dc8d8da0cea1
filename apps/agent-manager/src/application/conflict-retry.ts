import { Unavailable, VersionConflict } from '@codex/event-sourcing';
import { SqlState, sqlStateOf } from '@codex/postgres';

const ATTEMPTS = 8;

/**
 * Runs a transaction again, as a new one, when another writer was first or the database broke a deadlock: with a new
 * transaction id it sorts behind the other. Everything else is thrown on.
 */
export async function retryConflicts<T>(transaction: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction();
    } catch (error) {
      if (attempt === ATTEMPTS || !isLostRace(error)) throw error;
    }
  }
}

function isLostRace(error: unknown): boolean {
  if (error instanceof VersionConflict) return true;
  return error instanceof Unavailable && sqlStateOf(error.cause) === SqlState.deadlockDetected;
}
