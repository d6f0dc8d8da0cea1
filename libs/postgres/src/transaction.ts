import type { Pool, PoolClient } from 'pg';

import { classifyPostgresError, isConnectionLoss, SqlState, sqlStateOf } from './postgres-error';
import type { Sql } from './sql';

const RETRIED: ReadonlySet<string | undefined> = new Set([SqlState.serializationFailure, SqlState.deadlockDetected]);

/** How often {@link inTransaction} tries; default 3. */
export interface TransactionOptions {
  readonly attempts?: number;
}

/**
 * Runs `work` in one READ COMMITTED transaction and resolves when it is committed durably. When `work` throws,
 * everything is rolled back. Deadlocks and serialization failures run `work` again in a new transaction, so it must have
 * no effect outside the database; nothing else is retried.
 *
 * Errors: `Unavailable` when the database is away or the connection was lost, also during COMMIT, when it can't be known
 * whether the transaction took effect: repeats must change nothing.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (tx: Sql) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const attempts = options.attempts ?? 3;
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(pool, work);
    } catch (error) {
      if (attempt < attempts && RETRIED.has(sqlStateOf(error))) continue;
      throw classifyPostgresError(error);
    }
  }
}

async function runOnce<T>(pool: Pool, work: (tx: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  return withTransaction(client, () => work(client));
}

/**
 * The same on a client that the caller checked out: begins, runs, commits, and gives the client back to its pool, broken
 * ones to be replaced. Errors are passed on as they are; nothing is retried.
 */
export async function withTransaction<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  let broken = false;
  try {
    await client.query('begin');
    const result = await work();
    const { command } = await client.query('commit');
    // The server answers ROLLBACK to the COMMIT of a transaction in which a statement failed unnoticed.
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back because a statement in it had failed');
    return result;
  } catch (error) {
    // On a connection that does not answer a rollback would only wait for its timeout again.
    broken = isConnectionLoss(error) || (await isBeyondRollback(client));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** True when not even that was possible: the pool must replace the connection. */
async function isBeyondRollback(client: PoolClient): Promise<boolean> {
  try {
    await client.query('rollback');
    return false;
  } catch {
    return true;
  }
}
