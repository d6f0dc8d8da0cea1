import { Inject } from '@nestjs/common';
import { classified, sqlStateOf, type Sql } from '@codex/postgres';
import type { Pool, QueryConfig, QueryResult, QueryResultRow } from 'pg';

/** What queries run on. */
export type ReadPool = Sql;

/** Injection token of the {@link ReadPool}. */
export const READ_POOL = Symbol('read pool');

/** Injects the {@link ReadPool}. */
export const InjectReadPool = (): ParameterDecorator => Inject(READ_POOL) as ParameterDecorator;

const FEATURE_NOT_SUPPORTED = '0A000';

/**
 * Read-only connections, with errors that say when a repeat may succeed. A rebuild may swap in a read model whose columns
 * have other types: statements that were prepared before can't be used again on their connection, which is given up then.
 */
export function readPool(pool: Pool): ReadPool {
  return classified({
    async query<Row extends QueryResultRow>(
      query: string | QueryConfig<unknown[]>,
      values?: unknown[],
    ): Promise<QueryResult<Row>> {
      for (;;) {
        const client = await pool.connect();
        let outlived = false;
        try {
          return await client.query<Row>(query, values);
        } catch (error) {
          outlived = isOutlivedPlan(error);
          if (!outlived) throw error;
        } finally {
          client.release(outlived);
        }
      }
    },
  });
}

function isOutlivedPlan(error: unknown): boolean {
  return sqlStateOf(error) === FEATURE_NOT_SUPPORTED && String(error).includes('cached plan must not change');
}
