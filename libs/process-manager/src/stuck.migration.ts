import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLE = `
create table process.stuck (
  process_id uuid primary key,
  tenant_id text not null,
  since timestamptz not null
)`;

// Read once, for processes that were stuck before this table existed.
const FILL = `
insert into process.stuck (process_id, tenant_id, since)
select substring(e.stream from 'Process-(.*)')::uuid, e.tenant_id, e.recorded_at from event_store.events e
 where e.type = 'ProcessCompensationFailed'
   and not exists (select from event_store.events l where l.stream = e.stream and l.version > e.version)`;

/** The processes that wait for an operator. */
export class StuckProcesses1768000000301 implements MigrationInterface {
  name = 'StuckProcesses1768000000301';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
    await runner.query(FILL);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table process.stuck');
  }
}
