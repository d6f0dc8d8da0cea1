import type { Sql } from '@codex/postgres';
import type { Pool } from 'pg';
import { generationGroup } from './generation';
import type { Projection } from './projection';
import { columnName, tableName } from './table-layout';

/** Two generations side by side. `hash` does not depend on the order of rows. */
export interface ComparisonReport {
  readonly equal: boolean;
  readonly live: TableDigest;
  readonly rebuilt: TableDigest;
  /** The log of the live one is gone, so they do not stand at the same offsets. */
  readonly logReplaced: boolean;
  /** Streams that are parked in either of them; their rows were left out. */
  readonly parked: readonly string[];
  /** Columns that only one of them has, after a change of the definition; they were left out. */
  readonly unsharedColumns: readonly string[];
  /** Keys of rows that differ or are missing on one side; at most 20. */
  readonly differences: readonly string[];
}

export interface TableDigest {
  readonly rows: number;
  readonly hash: string;
}

export interface ComparedGenerations {
  readonly live: number;
  readonly rebuilt: number;
  readonly logReplaced?: boolean;
}

interface Scope {
  readonly projection: Projection;
  readonly live: number;
  readonly rebuilt: number;
  /** SQL names. */
  readonly columns: readonly string[];
  readonly parked: readonly string[];
}

/** Compares what two generations have in common, both sides at once; neither may change meanwhile. */
export async function compareGenerations(
  pool: Pool,
  projection: Projection,
  { live, rebuilt, logReplaced = false }: ComparedGenerations,
): Promise<ComparisonReport> {
  const parked = await parkedStreams(pool, projection, [live, rebuilt]);
  const ofBoth = <T>(look: (generation: number) => Promise<T>) => Promise.all([look(live), look(rebuilt)]);
  const [liveColumns, rebuiltColumns] = await ofBoth((generation) => columnsOf(pool, projection, generation));
  const columns = rebuiltColumns.filter((column) => liveColumns.includes(column));
  const unsharedColumns = [...liveColumns, ...rebuiltColumns].filter((column) => !columns.includes(column));
  const scope: Scope = { projection, live, rebuilt, columns, parked };
  const [liveDigest, rebuiltDigest] = await ofBoth((generation) => digest(pool, scope, generation));
  const isSame = liveDigest.rows === rebuiltDigest.rows && liveDigest.hash === rebuiltDigest.hash;
  const equal = isSame && unsharedColumns.length === 0;
  const differences = isSame ? [] : await differingKeys(pool, scope);
  return { equal, logReplaced, live: liveDigest, rebuilt: rebuiltDigest, parked, unsharedColumns, differences };
}

async function digest(sql: Sql, scope: Scope, generation: number): Promise<TableDigest> {
  const { projection } = scope;
  const { rows } = await sql.query<{ rows: string; hash: string }>(
    `select count(*)::text as rows, coalesce(sum(hashtextextended(${rowText(scope, 't')}, 0)::numeric), 0)::text as hash
     from ${tableName(projection, generation)} t where ${ownerOf(projection, 't')} <> all($1::text[])`,
    [ownersOf(scope)],
  );
  return { rows: Number(rows[0]!.rows), hash: rows[0]!.hash };
}

async function parkedStreams(sql: Sql, { name }: Projection, generations: readonly number[]): Promise<string[]> {
  const { rows } = await sql.query<{ stream: string }>(
    'select distinct stream from inbox.parked_streams where consumer_group = any($1) order by 1',
    [generations.map((generation) => generationGroup(name, generation))],
  );
  return rows.map(({ stream }) => stream);
}

async function columnsOf(sql: Sql, projection: Projection, generation: number): Promise<readonly string[]> {
  const { rows } = await sql.query<{ name: string }>(
    `select attname as name from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [tableName(projection, generation)],
  );
  return rows.map(({ name }) => name);
}

async function differingKeys(sql: Sql, scope: Scope): Promise<readonly string[]> {
  const { projection, live, rebuilt } = scope;
  const keys = projection.key.map((field) => `"${columnName(field)}"`);
  const key = (side: string) => keys.map((name) => `${side}.${name}::text`).join(` || '/' || `);
  const owner = `coalesce(${ownerOf(projection, 'a')}, ${ownerOf(projection, 'b')})`;
  const { rows } = await sql.query<{ key: string }>(
    `select coalesce(${key('a')}, ${key('b')}) as key
     from ${tableName(projection, live)} a full join ${tableName(projection, rebuilt)} b using (${keys.join(', ')})
     where (${rowText(scope, 'a')} is distinct from ${rowText(scope, 'b')} or a.tableoid is null or b.tableoid is null)
       and ${owner} <> all($1::text[]) order by 1 limit 20`,
    [ownersOf(scope)],
  );
  return rows.map((row) => row.key);
}

function rowText({ columns }: Scope, alias: string): string {
  return `row(${columns.map((column) => `${alias}."${column}"`).join(', ')})::text`;
}

/** What in a row tells the stream that owns it. */
function ownerOf(projection: Projection, alias: string): string {
  const field = projection.kind === 'fold' ? projection.key[0]! : projection.streamColumn;
  return `${alias}."${columnName(field)}"::text`;
}

function ownersOf({ projection, parked }: Scope): readonly string[] {
  return projection.kind === 'fold' ? parked.map((stream) => projection.keyOf(stream)) : parked;
}
