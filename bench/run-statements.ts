import type { Sql } from '@codex/postgres';

/** Runs statements one after the other; each gets as many of these values as it names. */
export async function runStatements(
  sql: Sql,
  statements: readonly string[],
  values: readonly unknown[],
): Promise<void> {
  for (const statement of statements) await sql.query(statement, values.slice(0, parametersOf(statement)));
}

function parametersOf(statement: string): number {
  return Math.max(0, ...[...statement.matchAll(/\$(\d)/g)].map(([, n]) => Number(n)));
}
