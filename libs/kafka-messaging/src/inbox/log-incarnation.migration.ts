import type { MigrationInterface, QueryRunner } from 'typeorm';

// What was parked so far is of the first log of its topic.
const BY_INCARNATION = `
alter table inbox.logs add column incarnation int not null default 0;

alter table inbox.dead_letters add column log int not null default 0;
alter table inbox.dead_letters drop constraint dead_letters_consumer_group_topic_partition_offset_key;
alter table inbox.dead_letters add unique (consumer_group, topic, partition, log, "offset");

alter table inbox.parked add column log int not null default 0;
alter table inbox.parked drop constraint parked_pkey;
alter table inbox.parked add primary key (consumer_group, topic, stream, log, partition, "offset");
`;

const FIRST_LOG_ONLY = `
delete from inbox.dead_letters where log > 0;
alter table inbox.dead_letters drop column log;
alter table inbox.dead_letters add unique (consumer_group, topic, partition, "offset");
delete from inbox.parked where log > 0;
alter table inbox.parked drop column log;
alter table inbox.parked add primary key (consumer_group, topic, stream, partition, "offset");
alter table inbox.logs drop column incarnation;
`;

/** An offset names a record only together with the log it is in: a group may go on with another log of the same topic. */
export class LogIncarnation1768100000100 implements MigrationInterface {
  readonly name = 'LogIncarnation1768100000100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(BY_INCARNATION);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(FIRST_LOG_ONLY);
  }
}
