import { cursorCodec, pageOf, uuid, type Page } from '@codex/platform';
import type { Sql } from '@codex/postgres';
import { z } from 'zod';
import { prepared, type Statement } from './prepared';

export type { Page };

/** Where a page goes on: the sort values of the last row of the page before. */
export type Position = readonly (string | number)[];

/** A time within a cursor, as Postgres can read it. */
export const cursorTime = z.iso.datetime().refine((text) => !text.startsWith('0000'));

/** The cursor of every list that shows the newest first: creation time and id. */
export const newestFirstCursor = cursorCodec<Position>(z.tuple([cursorTime, uuid]));

/** What every list takes, besides its filters. */
export interface ListRequest {
  readonly tenantId: string;
  readonly first: number;
  readonly after: Position | undefined;
}

/** A column compared with a value; conditions whose value is undefined are left out. */
export interface Condition {
  /** SQL with `?` for the value, for example `w.state = ?`. */
  readonly sql: string;
  readonly value: unknown;
  /**
   * Some values match nearly every row and others hardly any, as states do when most work is finished. A list with such a
   * condition is planned for its value each time: a plan for any value reads everything to find the few.
   */
  readonly skewed?: true;
}

/** A total order. */
export interface Ordering {
  /** SQL expressions with their Postgres types, all sorted in the same direction. */
  readonly order: readonly { readonly sql: string; readonly type: string }[];
  readonly direction: 'asc' | 'desc';
}

/** A list query: what to select, which rows, and the total order that the cursor continues. */
export interface ListQuery extends Ordering {
  readonly select: string;
  readonly where: readonly Condition[];
  readonly first: number;
  readonly after: Position | undefined;
}

/** The statement behind a page; it asks for one row more than the page has. */
export function listStatement(query: ListQuery): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const given = query.where.filter(({ value }) => value !== undefined);
  const conditions = given.map(({ sql, value }) => sql.replace('?', () => bind(value)));
  if (query.after) {
    const columns = query.order.map(({ sql }) => sql).join(', ');
    const position = query.order.map(({ type }, index) => `${bind(query.after![index])}::${type}`).join(', ');
    conditions.push(`(${columns}) ${query.direction === 'asc' ? '>' : '<'} (${position})`);
  }
  const order = query.order.map(({ sql }) => `${sql} ${query.direction}`).join(', ');
  const text = `${query.select} where ${conditions.join(' and ')} order by ${order} limit ${query.first + 1}`;
  // A limit that is part of the text lets Postgres plan the statement once.
  return given.some(({ skewed }) => skewed) ? { text, values } : prepared(text, values);
}

/** An item with the cursor behind it. */
export interface Edge<Node> {
  readonly node: Node;
  readonly cursor: string;
}

/** A page whose items know their cursors. */
export type EdgePage<Node> = Page<Edge<Node>>;

/** The page without the cursors of its items. */
export function plainPage<Node>({ items, pageInfo }: EdgePage<Node>): Page<Node> {
  return { items: items.map(({ node }) => node), pageInfo };
}

/** Runs a list query and cuts the page. `cursor` makes the cursor of a row. */
export async function readPage<Row extends object, Item>(
  sql: Sql,
  query: ListQuery,
  map: { readonly item: (row: Row) => Item; readonly cursor: (row: Row) => string },
): Promise<EdgePage<Item>> {
  const { rows } = await sql.query<Row>(listStatement(query));
  return edgePageOf(rows, query.first, map);
}

/** Rows that were read with one more than `first`, as a page. Cursors are made when somebody asks for them. */
export function edgePageOf<Row, Item>(
  rows: readonly Row[],
  first: number,
  map: { readonly item: (row: Row) => Item; readonly cursor: (row: Row) => string },
): EdgePage<Item> {
  const item = (row: Row): Edge<Item> => new RowEdge(map.item(row), () => map.cursor(row));
  return pageOf(rows, first, { item, cursor: map.cursor });
}

class RowEdge<Node> implements Edge<Node> {
  constructor(
    readonly node: Node,
    private readonly makeCursor: () => string,
  ) {}

  get cursor(): string {
    return this.makeCursor();
  }
}

/** {@link readPage} for lists that show the newest first. */
export async function readNewest<Row extends { readonly id: string; readonly createdAt: Date }, Item>(
  sql: Sql,
  query: Omit<ListQuery, 'order' | 'direction'> & { readonly alias: string },
  item: (row: Row) => Item,
): Promise<EdgePage<Item>> {
  return readPage(sql, { ...query, ...newestFirst(query.alias) }, { item, cursor: newestFirstCursorOf });
}

/** The order of {@link newestFirstCursor} over a table with these columns. */
export function newestFirst(alias: string): Ordering {
  const order = [
    { sql: `${alias}.created_at`, type: 'timestamptz' },
    { sql: `${alias}.id`, type: 'uuid' },
  ];
  return { order, direction: 'desc' };
}

/** The cursor behind a row. */
export function newestFirstCursorOf(row: { readonly id: string; readonly createdAt: Date }): string {
  return newestFirstCursor.encode([row.createdAt.toISOString(), row.id]);
}
