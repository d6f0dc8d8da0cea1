import type { Migration } from '@codex/postgres';
import type { MigrationInterface, QueryRunner } from 'typeorm';

import { LogIncarnation1768100000100 } from './log-incarnation.migration';
import { InboxOperations1768000000300 } from './operations.migration';
import { ErasBySource1768100000000 } from './source-eras.migration';

/*
 * Offsets and guards change with every batch: room in the page keeps those updates HOT, and vacuum comes early.
 * The functions switch sequential scans off because their plans are cached while the tables are still empty; a lateral
 * with a limit can only be planned as one index lookup an entity.
 */
const TABLES = `
create schema if not exists inbox;

create table inbox.offsets (
  consumer_group text not null,
  topic text not null,
  partition int not null,
  next_offset bigint not null,
  epoch bigint not null,
  owner text not null,
  primary key (consumer_group, topic, partition)
) with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

create table inbox.guards (
  consumer_group text not null,
  stream text not null,
  version int not null,
  event_id text not null,
  primary key (consumer_group, stream)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

create table inbox.dead_letters (
  id uuid primary key,
  consumer_group text not null,
  topic text not null,
  partition int not null,
  "offset" bigint not null,
  stream text not null,
  version int,
  type text,
  message_id text,
  code text not null,
  reason text not null,
  failure_group text not null,
  status text not null check (status in ('parked', 'redriven', 'discarded')),
  count int not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  resolution text,
  key bytea,
  value bytea,
  headers jsonb not null,
  unique (consumer_group, topic, partition, "offset")
);
create index dead_letters_open on inbox.dead_letters (consumer_group, failure_group) where status = 'parked';

create table inbox.parked_streams (
  consumer_group text not null,
  topic text not null,
  stream text not null,
  dead_letter_id uuid references inbox.dead_letters (id),
  primary key (consumer_group, topic, stream)
);
create index parked_streams_letter on inbox.parked_streams (dead_letter_id);

create table inbox.parked (
  consumer_group text not null,
  topic text not null,
  stream text not null,
  partition int not null,
  "offset" bigint not null,
  key bytea,
  value bytea,
  headers jsonb not null,
  primary key (consumer_group, topic, stream, partition, "offset")
);
`;

const OPEN_BATCH = `
create function inbox.open_batch(
  p_group text, p_topics text[], p_entities text[], p_streams text[],
  out topic text, out stream text, out version int, out event_id text
) returns setof record language plpgsql
set enable_seqscan = off
as $$
begin
  -- A parked stream is locked until the batch commits, so that a redrive can't release it while messages queue up
  -- behind it. Guards are read after the lock: by a statement of its own, which sees what a redrive has committed.
  if exists (select from inbox.parked_streams s where s.consumer_group = p_group limit 1) then
    return query
      select u.topic, u.stream, null::int, null::text
        from unnest(p_topics, p_entities) u(topic, stream)
       cross join lateral (
         select s.stream from inbox.parked_streams s
          where s.consumer_group = p_group and s.topic = u.topic and s.stream = u.stream
          limit 1 for key share
       ) parked;
  end if;
  return query
    select null::text, u.stream, g.version, g.event_id
      from unnest(p_streams) u(stream)
     cross join lateral (
       select g.version, g.event_id from inbox.guards g
        where g.consumer_group = p_group and g.stream = u.stream
        limit 1
     ) g;
end $$;
`;

const CLOSE_BATCH = `
create function inbox.close_batch(
  p_group text, p_owner text,
  p_streams text[], p_versions int[], p_event_ids text[],
  p_topics text[], p_partitions int[], p_epochs bigint[], p_from bigint[], p_to bigint[]
) returns int language plpgsql
as $$
declare
  moved int;
begin
  if cardinality(p_streams) > 0 then
    insert into inbox.guards (consumer_group, stream, version, event_id)
    select p_group, u.stream, u.version, u.event_id
      from unnest(p_streams, p_versions, p_event_ids) u(stream, version, event_id)
     order by u.stream
    on conflict (consumer_group, stream) do update set version = excluded.version, event_id = excluded.event_id;
  end if;
  update inbox.offsets o
     set next_offset = u.new_offset
    from unnest(p_topics, p_partitions, p_epochs, p_from, p_to) u(topic, partition, epoch, old_offset, new_offset)
   where o.consumer_group = p_group and o.topic = u.topic and o.partition = u.partition
     and o.owner = p_owner and o.epoch = u.epoch and o.next_offset = u.old_offset;
  get diagnostics moved = row_count;
  return moved;
end $$;
`;

class CreateInbox1763600000000 implements MigrationInterface {
  readonly name = 'CreateInbox1763600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(OPEN_BATCH);
    await runner.query(CLOSE_BATCH);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema inbox cascade');
  }
}

// Earlier rows have no identity: what they were built from is taken to be the log that is there now.
const LOGS = `
create table inbox.logs (
  consumer_group text not null,
  topic text not null,
  cluster_id text not null,
  topic_id text,
  since timestamptz not null default clock_timestamp(),
  primary key (consumer_group, topic)
);
alter table inbox.offsets add column source_era int not null default 0;
`;

class AddLogIdentity1764100000000 implements MigrationInterface {
  readonly name = 'AddLogIdentity1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LOGS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table inbox.logs; alter table inbox.offsets drop column source_era');
  }
}

// A topic that was moved is read under another name; offsets of the one before are kept to be looked at, and never moved.
class AddLeftTopics1769000000401 implements MigrationInterface {
  readonly name = 'AddLeftTopics1769000000401';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table inbox.offsets add column left_for text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table inbox.offsets drop column left_for');
  }
}

/** The tables of the inbox, in schema `inbox`: run them in every database a `BatchConsumer` writes to. */
export const inboxMigrations: readonly Migration[] = [
  CreateInbox1763600000000,
  AddLogIdentity1764100000000,
  InboxOperations1768000000300,
  ErasBySource1768100000000,
  LogIncarnation1768100000100,
  AddLeftTopics1769000000401,
];
