import type { Projection } from './projection';

/** `createdAt` is `created_at`. */
export function columnName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The physical table of one generation, schema-qualified. Queries never name it: they read {@link viewName}. */
export function tableName(projection: Pick<Projection, 'schema' | 'name'>, generation: number): string {
  return `"${projection.schema}"."${projection.name}_g${generation}"`;
}

/** Where a generation counts its rows; also the name of the function that does it. */
export function countsName({ schema, name }: Pick<Projection, 'schema' | 'name'>, generation: number): string {
  return `"${schema}"."${name}_g${generation}_counts"`;
}

/** What queries read: a view over the live generation. */
export function viewName(projection: Pick<Projection, 'schema' | 'name'>): string {
  return `"${projection.schema}"."${projection.name}"`;
}

/** The statements that create the table of a generation, without the indexes that only queries need. */
export function createTable(projection: Projection, generation: number): readonly string[] {
  const table = tableName(projection, generation);
  const key = projection.key.map((field) => `"${columnName(field)}"`).join(', ');
  const columns = Object.entries(projection.columns).map(([field, type]) => `"${columnName(field)}" ${type}`);
  return [
    `create schema if not exists "${projection.schema}"`,
    `create table ${table} (${columns.join(', ')}, primary key (${key})) with (fillfactor = 85)`,
  ];
}

/** An index that queries need. */
export interface QueryIndex {
  /** Schema-qualified. */
  readonly name: string;
  /** Creates it at once; the table must not be written meanwhile. */
  readonly create: string;
  /** Creates it beside writes, outside of any transaction; a failure leaves an invalid index of that name behind. */
  readonly createConcurrently: string;
}

/** The indexes of a generation, in the order of the definition. */
export function queryIndexes(projection: Projection, generation: number): readonly QueryIndex[] {
  const table = tableName(projection, generation);
  return (projection.indexes ?? []).map((index, place) => {
    const name = `${projection.name}_g${generation}_${place + 1}`;
    return {
      name: `"${projection.schema}"."${name}"`,
      create: `create index "${name}" on ${table} ${index}`,
      createConcurrently: `create index concurrently if not exists "${name}" on ${table} ${index}`,
    };
  });
}

/** Makes a generation the one that queries see. Run it in the transaction that marks it live. */
export function exposeGeneration(projection: Projection, generation: number): readonly string[] {
  const columns = Object.keys(projection.columns).map((field) => `"${columnName(field)}"`);
  return [
    `drop view if exists ${viewName(projection)}`,
    `create view ${viewName(projection)} as select ${columns.join(', ')} from ${tableName(projection, generation)}`,
    ...exposeCounts(projection, generation),
  ];
}

function exposeCounts({ schema, name, counted }: Projection, generation: number): readonly string[] {
  if (counted === undefined) return [];
  const view = `"${schema}"."${name}_counts"`;
  const columns = counted.map((field) => `"${columnName(field)}"`).join(', ');
  return [
    `drop view if exists ${view}`,
    `create view ${view} as select ${columns}, sum(rows)::bigint as count
     from ${countsName({ schema, name }, generation)} group by ${columns} having sum(rows) > 0`,
  ];
}

/** Removes the tables of a generation that nobody reads. */
export function dropGeneration(projection: Pick<Projection, 'schema' | 'name'>, generation: number): string {
  const counts = countsName(projection, generation);
  return `drop table if exists ${tableName(projection, generation)}, ${counts}; drop function if exists ${counts}()`;
}
