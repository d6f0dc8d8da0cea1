import type { Sql } from '@codex/postgres';
import { edgePageOf, type EdgePage, type Ordering, type Position } from './page';
import { prepared } from './prepared';

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

/** Reads a page for each of many parents with one statement, in the order of the wishes. */
export async function readPagesOfParents<Row extends object, Item>(
  sql: Sql,
  query: PagesQuery,
  wanted: { readonly tenantId: string; readonly pages: readonly ParentPage[] },
  map: { readonly item: (row: Row) => Item; readonly cursor: (row: Row) => string },
): Promise<EdgePage<Item>[]> {
  const { tenantId, pages } = wanted;
  const positions = query.order.map((_, place) => pages.map(({ after }) => after?.[place] ?? null));
  const values = [
    tenantId,
    pages.map((_, wish) => wish),
    pages.map(({ parentId }) => parentId),
    pages.map(({ first }) => first + 1),
    pages.map(({ filter }) => filter ?? null),
    ...positions,
  ];
  const { rows } = await sql.query<Row & { wish: number }>(prepared(statementOf(query), values));
  const byWish = Map.groupBy(rows, ({ wish }) => wish);
  return pages.map(({ first }, wish) => edgePageOf(byWish.get(wish) ?? [], first, map));
}

function statementOf(query: PagesQuery): string {
  const { order, direction } = query;
  const names = order.map((_, place) => `k${place}`);
  const columns = order.map(({ sql }) => sql).join(', ');
  const sorted = order.map(({ sql }) => `${sql} ${direction}`).join(', ');
  const after = `(${columns}) ${direction === 'asc' ? '>' : '<'} (${names.map((name) => `p.${name}`).join(', ')})`;
  const filter = query.filterColumn ? `and (p.filter is null or ${query.filterColumn} = p.filter)` : '';
  const positions = order.map(({ type }, place) => `$${place + 6}::${type}[]`).join(', ');
  return `select p.wish, r.* from unnest($2::int[], $3::uuid[], $4::int[], $5::text[], ${positions})
      as p(wish, parent_id, rows, filter, ${names.join(', ')})
    cross join lateral (
      select ${query.columns}, row_number() over (order by ${sorted}) as place ${query.from}
       where ${query.tenantColumn} = $1::uuid and ${query.parentColumn} = p.parent_id ${filter}
         and (p.k0 is null or ${after})
       order by ${sorted} limit p.rows) r
    order by p.wish, r.place`;
}
