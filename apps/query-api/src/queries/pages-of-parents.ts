import type { Sql } from '@codex/postgres';
import { edgePageOf, type EdgePage, type Ordering, type Position } from './page';
import { prepared, type Statement } from './prepared';

/** A page of what belongs to one parent. */
export interface ParentPage {
  readonly parentId: string;
  readonly first: number;
  readonly after: Position | undefined;
  /** Compared with the query's `filterColumn`; undefined takes all. */
  readonly filter?: string | undefined;
}

/** A list that every parent has one of. */
export interface PagesQuery extends Ordering {
  readonly columns: string;
  readonly from: string;
  readonly tenantColumn: string;
  readonly parentColumn: string;
  readonly filterColumn?: string;
}

interface Wish extends ParentPage {
  readonly wish: number;
}

/** Pages with the same filter, all of them first ones or none. */
interface WishGroup {
  readonly filter: string | undefined;
  readonly goesOn: boolean;
  readonly pages: readonly Wish[];
}

/**
 * Reads a page for each of many parents, in the order of the wishes. Pages of one kind share a statement, and hardly ever
 * are there two kinds: conditions that only some of them have could not be looked up in an index.
 */
export async function readPagesOfParents<Row extends object, Item>(
  sql: Sql,
  query: PagesQuery,
  { tenantId, pages }: { readonly tenantId: string; readonly pages: readonly ParentPage[] },
  map: { readonly item: (row: Row) => Item; readonly cursor: (row: Row) => string },
): Promise<EdgePage<Item>[]> {
  const found = await Promise.all(
    groupsOf(pages).map((group) => sql.query<Row & { wish: number }>(statementOf(query, tenantId, group))),
  );
  const byWish = Map.groupBy(
    found.flatMap(({ rows }) => rows),
    ({ wish }) => wish,
  );
  return pages.map(({ first }, wish) => edgePageOf(byWish.get(wish) ?? [], first, map));
}

function groupsOf(pages: readonly ParentPage[]): readonly WishGroup[] {
  const wishes = pages.map((page, wish): Wish => ({ ...page, wish }));
  const kinds = Map.groupBy(wishes, ({ after, filter }) => JSON.stringify([after !== undefined, filter]));
  return [...kinds.values()].map((group) => ({
    filter: group[0]!.filter,
    goesOn: group[0]!.after !== undefined,
    pages: group,
  }));
}

// A filter is a value of the whole statement, which is planned each time then: see `Condition.skewed`.
function statementOf(query: PagesQuery, tenantId: string, { filter, goesOn, pages }: WishGroup): Statement {
  const values = [
    tenantId,
    pages.map(({ wish }) => wish),
    pages.map(({ parentId }) => parentId),
    pages.map(({ first }) => first + 1),
    ...query.order.map((_, place) => pages.map(({ after }) => after?.[place] ?? null)),
  ];
  if (filter === undefined) return prepared(textOf(query, { filter: '', goesOn }), values);
  const condition = `and ${query.filterColumn} = $${values.length + 1}`;
  return { text: textOf(query, { filter: condition, goesOn }), values: [...values, filter] };
}

function textOf(
  { order, direction, ...query }: PagesQuery,
  { filter, goesOn }: { readonly filter: string; readonly goesOn: boolean },
): string {
  const names = order.map((_, place) => `k${place}`);
  const columns = order.map(({ sql }) => sql).join(', ');
  const sorted = order.map(({ sql }) => `${sql} ${direction}`).join(', ');
  const behind = `and (${columns}) ${direction === 'asc' ? '>' : '<'} (${names.map((name) => `p.${name}`).join(', ')})`;
  const positions = order.map(({ type }, place) => `$${place + 5}::${type}[]`).join(', ');
  return `select p.wish, r.* from unnest($2::int[], $3::uuid[], $4::int[], ${positions})
      as p(wish, parent_id, rows, ${names.join(', ')})
    cross join lateral (
      select ${query.columns}, row_number() over (order by ${sorted}) as place ${query.from}
       where ${query.tenantColumn} = $1::uuid and ${query.parentColumn} = p.parent_id ${filter} ${goesOn ? behind : ''}
       order by ${sorted} limit p.rows) r
    order by p.wish, r.place`;
}
