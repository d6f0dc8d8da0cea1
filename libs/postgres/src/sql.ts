import type { QueryConfig, QueryResult, QueryResultRow } from 'pg';

/**
 * Whatever runs SQL: a pool, a client, or a transaction. On a pool every call is its own transaction and may use another
 * connection; code that needs one transaction takes the `Sql` that {@link inTransaction} hands out.
 */
export interface Sql {
  // pg types rows as `any` by default, and callers name the row type where they read it.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  query<Row extends QueryResultRow = any>(
    query: string | QueryConfig<unknown[]>,
    values?: unknown[],
  ): Promise<QueryResult<Row>>;
}
