import type { ConsumedMessage } from '@codex/kafka-messaging';

/** What a projection sees of an event. Everything in it is the same in a live run and in a rebuild. */
export type ProjectedEvent<Data = unknown> = Pick<
  ConsumedMessage<Data>,
  'id' | 'type' | 'stream' | 'tenantId' | 'actor' | 'correlationId' | 'causationId' | 'recordedAt' | 'data'
> & { readonly version: number };

/**
 * Column types a projection may use. Lists and objects are `json`, which costs less than half, or `jsonb` when queries look
 * inside; times are RFC 3339 strings in rows.
 */
export type ColumnType =
  'uuid' | 'text' | 'integer' | 'bigint' | 'double precision' | 'boolean' | 'timestamptz' | 'json' | 'jsonb';

/** A row as the fold sees it: camelCase names of the columns; every column is present, null when empty. */
export type Row = Record<string, unknown>;

interface ProjectionBase {
  /** Unique over all projections; the name of the view that queries read, in the schema of the projection. */
  readonly name: string;
  /** The Postgres schema, one a source context. */
  readonly schema: string;
  /** Grows with every change of meaning, so that a rebuild knows whether it must come out equal. */
  readonly version: number;
  readonly topics: readonly string[];
  /** Only streams of this category are its business; null takes all. */
  readonly category: string | null;
  /** camelCase column to type; SQL names are the snake_case of it. */
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly key: readonly string[];
  /**
   * Further indexes, as the part of `create index` behind the table's name. A new one is no change of meaning: tables that
   * are there get it with their next rebuild.
   */
  readonly indexes?: readonly string[];
  /**
   * Columns, never null, by whose values rows are counted: a view `<name>_counts` has them and `count`. As with indexes, a
   * change of it is no change of meaning; tables that are there begin to count at the next start.
   */
  readonly counted?: readonly string[];
}

/** One row a stream: a pure fold from null. Returning null removes the row. */
export interface FoldProjection<R extends Row = Row> extends ProjectionBase {
  readonly kind: 'fold';
  /** The value of the only key column. Two streams must not share a row. */
  keyOf(stream: string): string;
  /** Pure. Called once an event, in version order; must return `row` itself when nothing changes. */
  evolve(row: R | null, event: ProjectedEvent): R | null;
}

/** Rows that are only ever added: each event gives some. Pure. */
export interface AppendProjection<R extends Row = Row> extends ProjectionBase {
  readonly kind: 'append';
  /** The text column that holds the stream of the event. */
  readonly streamColumn: string;
  rowsOf(event: ProjectedEvent): readonly R[];
}

export type Projection = FoldProjection | AppendProjection;

type Columns<R extends Row> = Readonly<Record<keyof R & string, ColumnType>>;

/** Declares a fold projection; the columns must name exactly the fields of the row type. */
export function foldProjection<R extends Row>(
  declared: Omit<FoldProjection<R>, 'kind' | 'columns' | 'counted'> & {
    readonly columns: Columns<R>;
    readonly counted?: readonly (keyof R & string)[];
  },
): FoldProjection {
  return { kind: 'fold', ...declared } as unknown as FoldProjection;
}

/** Declares an append-only projection. */
export function appendProjection<R extends Row>(
  declared: Omit<AppendProjection<R>, 'kind' | 'columns' | 'streamColumn'> & {
    readonly columns: Columns<R>;
    readonly streamColumn: keyof R & string;
  },
): AppendProjection {
  return { kind: 'append', ...declared } as unknown as AppendProjection;
}
