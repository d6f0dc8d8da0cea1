import type { MigrationInterface, QueryRunner } from 'typeorm';

// An era was kept for a partition as a whole. That holds for every source (the name '') where there is only one; on the
// topic of the system there are many, so each of them is learnt anew.
const BY_SOURCE = `
alter table inbox.offsets add column source_eras jsonb not null default '{}';
update inbox.offsets set source_eras = jsonb_build_object('', source_era)
 where source_era > 0 and topic not like 'system.%';
alter table inbox.offsets drop column source_era;
`;

const OF_PARTITIONS = `
alter table inbox.offsets add column source_era int not null default 0;
update inbox.offsets set source_era = coalesce((select max(era::int) from jsonb_each_text(source_eras) e(source, era)), 0);
alter table inbox.offsets drop column source_eras;
`;

/** Eras by (partition, source): several services publish on one topic. */
export class ErasBySource1768100000000 implements MigrationInterface {
  readonly name = 'ErasBySource1768100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(BY_SOURCE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(OF_PARTITIONS);
  }
}
