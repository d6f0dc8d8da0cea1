import type { MigrationInterface, QueryRunner } from 'typeorm';

// One row a waiting partition, changed with every attempt.
const WAITING = `
create table inbox.waiting (
  consumer_group text not null,
  topic text not null,
  partition int not null,
  next_offset bigint not null,
  "offset" bigint not null,
  message_id text not null,
  stream text not null,
  version int,
  type text not null,
  code text not null,
  reason text not null,
  failure_group text not null,
  since timestamptz not null,
  last_at timestamptz not null,
  attempts int not null,
  key bytea,
  value bytea,
  headers jsonb not null,
  primary key (consumer_group, topic, partition)
);
`;

/** What operators see and do: the messages that partitions wait at, and who settled a dead letter. */
export class InboxOperations1768000000300 implements MigrationInterface {
  readonly name = 'InboxOperations1768000000300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(WAITING);
    await runner.query('alter table inbox.dead_letters add column resolved_by text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table inbox.waiting');
    await runner.query('alter table inbox.dead_letters drop column resolved_by');
  }
}
