import type { ColumnType, Row } from './projection';

const NEEDS_ESCAPE = /[\\\n\r\t]/;
const ESCAPED = /[\\\n\r\t]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Rows in the text format of COPY. */
export function copyText(rows: readonly Row[], columns: Readonly<Record<string, ColumnType>>): string {
  const fields = Object.entries(columns).map(([field, type]) => ({
    field,
    isJson: type === 'jsonb' || type === 'json',
  }));
  let text = '';
  for (const row of rows) {
    for (let place = 0; place < fields.length; place++) {
      const { field, isJson } = fields[place]!;
      if (place > 0) text += '\t';
      const value = row[field];
      if (value === null || value === undefined) text += '\\N';
      else text += escaped(isJson ? JSON.stringify(value) : String(value));
    }
    text += '\n';
  }
  return text;
}

function escaped(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replace(ESCAPED, (char) => ESCAPES[char]!) : text;
}
