import type { Migration } from '@codex/postgres';
import type { MigrationInterface, QueryRunner } from 'typeorm';

import { APPEND_FUNCTION } from './append.sql';
import { Restorations1764200000000 } from './restoration/restoration.migration';
import { Snapshots1760000000002 } from './snapshots/snapshots.migration';
import { TopicMoves1769000000001 } from './topic-moves/topic-moves.migration';
import { Retention1760000000003 } from './retention/retention.migration';
import { READ_FUNCTIONS } from './read.sql';

const TABLES = `
create schema if not exists event_store;

create table event_store.eras (
  era int primary key,
  system_identifier text not null,
  since timestamptz not null default now()
);
insert into event_store.eras (era, system_identifier) select 1, system_identifier::text from pg_control_system();

create table event_store.events (
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
  recorded_at timestamptz not null default clock_timestamp(),
  constraint events_order primary key (era, xid, position),
  constraint events_kind check (case kind when 'event' then version > 0 when 'command' then version is null when 'reply' then version is null else false end)
);
create unique index events_stream on event_store.events (stream, version);

create table event_store.commands (
  tenant_id text collate "C" not null,
  key text collate "C" not null,
  fingerprint text not null,
  response json not null,
  at timestamptz not null default now(),
  constraint commands_key primary key (tenant_id, key)
);

create table event_store.relay_cursors (
  name text primary key,
  era int not null default 0,
  xid xid8 not null default '0',
  position bigint not null default 0,
  moved_at timestamptz not null default now()
);
`;

class EventTable1760000000001 implements MigrationInterface {
  name = 'EventTable1760000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(APPEND_FUNCTION);
    await runner.query(READ_FUNCTIONS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema event_store cascade');
  }
}

/** What a database needs to be an event store. Run them with `runMigrations(url, 'event_store.migrations', …)`. */
export const eventStoreMigrations: readonly Migration[] = [
  EventTable1760000000001,
  Snapshots1760000000002,
  Retention1760000000003,
  Restorations1764200000000,
  TopicMoves1769000000001,
];
