import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLE = `
create table event_store.restorations (
  era int primary key,
  relay text not null,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  replayed_at timestamptz,
  replayed_to jsonb not null default '{"era": 0, "xid": "0", "position": "0"}',
  handled jsonb not null default '[]'
);
`;

/** Which restorations there were: a service must not start on half of one, and finishes a whole one. */
export class Restorations1764200000000 implements MigrationInterface {
  name = 'Restorations1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table event_store.restorations');
  }
}
