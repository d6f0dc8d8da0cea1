import { z } from 'zod';
import { validationFailed } from '../problems/problem';

/** An id from outside. Any UUID will do; they are compared in lower case. */
export const uuid = z.guid('must be a UUID').toLowerCase();

/** Path parameters with one `id`. */
export const idParams = z.object({ id: uuid });

/** A query string in which every unknown parameter is refused. */
export function strictQuery<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape);
}

/** `first` (1–200, default 50), `after` and these filters; everything else is refused. */
export function listQuery<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject({
    first: z.coerce.number().int().min(1).max(200).default(50),
    after: z.string().min(1).max(2048).optional(),
    ...shape,
  });
}

/** One page of a list, as the contract has it. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
}

/**
 * Cursors are opaque to clients: base64url of the sort key as JSON. `decode` answers 400 for anything that this schema
 * does not know; the values must still be used as parameters, never as SQL.
 */
export function cursorCodec<Key>(schema: z.ZodType<Key>): {
  encode(key: Key): string;
  decode(cursor: string): Key;
  decode(cursor: string | undefined): Key | undefined;
} {
  const decode = (cursor: string | undefined) => (cursor === undefined ? undefined : decodeCursor(schema, cursor));
  return {
    encode: (key) => Buffer.from(JSON.stringify(key)).toString('base64url'),
    decode: decode as { (cursor: string): Key; (cursor: string | undefined): Key | undefined },
  };
}

/** Cuts rows that were read with `limit first + 1` into a page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  first: number,
  map: { readonly item: (row: Row) => Item; readonly cursor: (row: Row) => string },
): Page<Item> {
  const shown = rows.slice(0, first);
  const last = shown.at(-1);
  return {
    items: shown.map(map.item),
    pageInfo: { endCursor: last === undefined ? null : map.cursor(last), hasNextPage: rows.length > first },
  };
}

function decodeCursor<Key>(schema: z.ZodType<Key>, cursor: string): Key {
  const parsed = schema.safeParse(jsonOf(cursor));
  if (!parsed.success) throw validationFailed({ path: 'after', message: 'is not a cursor of this list' });
  return parsed.data;
}

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
