const COLUMNS = `
  era int not null,
  xid xid8 not null default pg_current_xact_id(),
  position bigint generated always as identity,
  kind text not null,
  stream text collate "C" not null,
  version int,
  tenant_id text not null,
  type text not null,
  schema_id int not null,
  data bytea not null,
  metadata jsonb not null,
  recorded_at timestamptz not null default clock_timestamp()`;

const PARTITIONS = 16;
const ROWS_A_RANGE = 150_000;

const each = (statement: (n: number) => string): string[] => Array.from({ length: PARTITIONS }, (_, n) => statement(n));

/** The event table as it is, and other ways to lay it out, as statements that change the migrated one. */
export const eventTableLayouts: Readonly<Record<string, readonly string[]>> = {
  single: [],
  /** Parts by stream: versions stay unique, the relay merges all parts. */
  hash: [
    'drop table event_store.events',
    `create table event_store.events (${COLUMNS}, constraint events_order primary key (era, xid, position, stream)) partition by hash (stream)`,
    ...each(
      (n) => `create table event_store.events_${n} partition of event_store.events
        for values with (modulus ${PARTITIONS}, remainder ${n})`,
    ),
    'create unique index events_stream on event_store.events (stream, version)',
  ],
  /** Parts by age: old ones can be dropped, but a version is unique within its part only. */
  range: [
    'drop table event_store.events',
    `create table event_store.events (${COLUMNS}) partition by range (position)`,
    ...each((n) => {
      const to = n === PARTITIONS - 1 ? 'maxvalue' : String((n + 1) * ROWS_A_RANGE);
      return `create table event_store.events_${n} partition of event_store.events
        for values from (${n * ROWS_A_RANGE}) to (${to})`;
    }),
    ...each((n) => `create unique index events_${n}_stream on event_store.events_${n} (stream, version)`),
    'create index events_order on event_store.events (era, xid, position)',
  ],
};
