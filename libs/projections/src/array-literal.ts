import type { ColumnType, Row } from './projection';

const NEEDS_ESCAPE = /[\\"]/;
const ESCAPED = /[\\"]/g;

/**
 * One column of many rows as the text of a Postgres array of its type. Twice as fast as leaving arrays to the driver,
 * which looks at every character of every value.
 */
export function arrayLiteral(rows: readonly Row[], field: string, type: ColumnType): string {
  const write = writerOf(type);
  let text = '{';
  for (let index = 0; index < rows.length; index++) {
    if (index > 0) text += ',';
    const value = rows[index]![field];
    text += value === null || value === undefined ? 'NULL' : write(value);
  }
  return `${text}}`;
}

function writerOf(type: ColumnType): (value: unknown) => string {
  switch (type) {
    case 'json':
    case 'jsonb':
      return (value) => quoted(JSON.stringify(value));
    case 'text':
    case 'timestamptz':
    case 'uuid':
      return (value) => quoted(String(value));
    default:
      return String;
  }
}

function quoted(text: string): string {
  return NEEDS_ESCAPE.test(text) ? `"${text.replace(ESCAPED, '\\$&')}"` : `"${text}"`;
}
