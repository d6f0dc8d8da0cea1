import { copyIn, type Sql } from '@codex/postgres';
import type { PoolClient } from 'pg';
import { arrayLiteral } from './array-literal';
import { copyText } from './copy-text';
import type { Projection, Row } from './projection';
import { columnName, tableName } from './table-layout';

const TIMESTAMPTZ_OID = 1184;
const INT8_OID = 20;
/** With fewer rows the second round trip of a COPY costs more than it saves. */
const COPY_FROM_ROWS = 100;

/**
 * Reads and writes the rows of one generation with one statement a batch.
 * Values come back in exactly the form in which they went in, so a fold over stored rows and a fold over rows still in
 * memory can't differ.
 */
export class RowWriter {
  private readonly fields: readonly string[];
  private readonly selectText: string;
  private readonly upsertText: string;
  private readonly copyText: string;
  private readonly deleteText: string;
  private readonly statement: string;

  constructor(
    private readonly projection: Projection,
    generation: number,
  ) {
    const table = tableName(projection, generation);
    this.fields = Object.keys(projection.columns);
    this.statement = `${projection.name}_g${generation}`;
    const names = this.fields.map((field) => `"${columnName(field)}"`);
    const keyField = projection.key[0]!;
    const key = `"${columnName(keyField)}"`;
    const keyType = projection.columns[keyField]!;
    const selected = this.fields.map((field, index) => `${names[index]} as "${field}"`);
    this.selectText = `select ${selected.join(', ')} from ${table} where ${key} = any($1::${keyType}[])`;
    this.deleteText = `delete from ${table} where ${key} = any($1::${keyType}[])`;
    this.copyText = `copy ${table} (${names.join(', ')}) from stdin`;
    this.upsertText = upsertStatement(projection, table, names);
  }

  /** The rows with these keys, by key. */
  async read(sql: Sql, keys: readonly string[]): Promise<Map<string, Row>> {
    const { rows } = await sql.query<Row>({
      name: `read_${this.statement}`,
      text: this.selectText,
      values: [keys],
      types: { getTypeParser: rowTypeParser },
    });
    const keyField = this.projection.key[0]!;
    return new Map(rows.map((row) => [String(row[keyField]), row]));
  }

  /** Adds rows that can't be there yet. */
  async append(sql: Sql, rows: readonly Row[]): Promise<void> {
    if (rows.length < COPY_FROM_ROWS || !isClient(sql)) return this.write(sql, rows);
    await copyIn(sql, this.copyText, copyText(rows, this.projection.columns));
  }

  /** Inserts or replaces; the rows of an append projection are only inserted. */
  async write(sql: Sql, rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const values = this.fields.map((field) => arrayLiteral(rows, field, this.projection.columns[field]!));
    await sql.query({ name: `write_${this.statement}`, text: this.upsertText, values });
  }

  async remove(sql: Sql, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await sql.query({ name: `remove_${this.statement}`, text: this.deleteText, values: [keys] });
  }
}

/** A pool has no connection of its own to copy over. */
function isClient(sql: Sql): sql is PoolClient {
  return 'release' in sql;
}

function upsertStatement(projection: Projection, table: string, names: readonly string[]): string {
  const types = Object.values(projection.columns);
  const parameters = types.map((type, index) => `$${index + 1}::${type}[]`);
  const keys = projection.key.map((field) => `"${columnName(field)}"`);
  const updates = names.filter((name) => !keys.includes(name)).map((name) => `${name} = excluded.${name}`);
  const insert = `insert into ${table} (${names.join(', ')}) select ${names.join(', ')} from unnest(${parameters.join(', ')}) as u(${names.join(', ')})`;
  // The guard has seen to it that an event comes once: a row that is there already would be a mistake worth stopping for.
  if (projection.kind === 'append') return insert;
  return `${insert} on conflict (${keys.join(', ')}) do update set ${updates.join(', ')}`;
}

type Parser = (text: string) => unknown;
const parsers = new Map<number, Parser>([
  [TIMESTAMPTZ_OID, (text) => new Date(text).toISOString()],
  [INT8_OID, Number],
  [16, (text) => text === 't'],
  [21, Number],
  [23, Number],
  [701, Number],
  [114, JSON.parse],
  [3802, JSON.parse],
]);

function rowTypeParser(oid: number): Parser {
  return parsers.get(oid) ?? ((text) => text);
}
