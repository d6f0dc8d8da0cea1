import type { QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { classifyPostgresError } from './postgres-error';
import type { Sql } from './sql';

/** The same, with errors as {@link classifyPostgresError} has them: `Unavailable` when a repeat may succeed. */
export function classified(sql: Sql): Sql {
  return {
    async query<Row extends QueryResultRow>(
      query: string | QueryConfig<unknown[]>,
      values?: unknown[],
    ): Promise<QueryResult<Row>> {
      try {
        return await sql.query<Row>(query, values);
      } catch (error) {
        throw classifyPostgresError(error);
      }
    },
  };
}
