import { Pool, type PoolConfig } from 'pg';

/** Where a database is and how long things may take there. Durations of 0 mean no limit. */
export interface DatabaseConfig {
  readonly connectionString: string;
  /** Shown in pg_stat_activity, and in the relay's status when this process holds others up. */
  readonly applicationName: string;
  /** Most connections at once, default 10. Callers beyond that wait `connectTimeoutMs`. */
  readonly maxConnections?: number;
  /** One statement, default 5 s. */
  readonly statementTimeoutMs?: number;
  /** One transaction, default 5 s: a longer one anywhere in the cluster stalls every relay. The server ends the connection. */
  readonly transactionTimeoutMs?: number;
  /** An open transaction that nobody uses, default 2 s: a process that hangs must not stall the relay. */
  readonly idleInTransactionTimeoutMs?: number;
  /** Waiting for a free or a new connection, default 5 s. */
  readonly connectTimeoutMs?: number;
  /** Hears about idle connections that broke. The pool has replaced them already; by default nobody listens. */
  readonly onIdleError?: (error: Error) => void;
}

const SECOND = 1000;
const DEFAULT_TIMEOUT_MS = 5 * SECOND;
const DEFAULT_IDLE_IN_TRANSACTION_MS = 2 * SECOND;
const DEFAULT_MAX_CONNECTIONS = 10;
/** Behind the server's own limit, so that it only fires when the server can't answer at all (a half-open connection). */
const CLIENT_GRACE_MS = 2 * SECOND;

/**
 * A pool whose sessions have `synchronous_commit=on` and bounded statements, transactions and idle transactions. It
 * connects lazily; broken connections are replaced; a broken connection rejects its query and never kills the process.
 * bigint and numeric columns arrive as strings, because a JavaScript number can't hold them. Close it with `end()`.
 */
export function createPool(config: DatabaseConfig): Pool {
  const pool = new Pool({
    ...connectionOptions(config),
    max: config.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    idleTimeoutMillis: 30 * SECOND,
  });
  pool.on('error', (error) => config.onIdleError?.(error));
  // A checked-out client emits its connection's error besides rejecting the query; unheard it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** The same settings for a connection outside of a pool, such as one that listens or holds an advisory lock. */
export function connectionOptions(config: DatabaseConfig): PoolConfig {
  const statement = config.statementTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  const settings = {
    synchronous_commit: 'on',
    statement_timeout: statement,
    transaction_timeout: config.transactionTimeoutMs ?? DEFAULT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: config.idleInTransactionTimeoutMs ?? DEFAULT_IDLE_IN_TRANSACTION_MS,
  };
  return {
    connectionString: config.connectionString,
    application_name: config.applicationName,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    connectionTimeoutMillis: config.connectTimeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...(statement === 0 ? {} : { query_timeout: statement + CLIENT_GRACE_MS }),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10 * SECOND,
  };
}
