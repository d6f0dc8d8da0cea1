import type { Migration } from '@codex/postgres';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { StuckProcesses1768000000301 } from './stuck.migration';

// Rows live for seconds and change with every step, so dead ones are swept early and pages keep room.
const TABLE = `
create schema if not exists process;
create table process.deadlines (
  process_id uuid primary key,
  due_at timestamptz not null,
  tenant_id text not null,
  actor text not null,
  correlation_id text not null,
  traceparent text
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
create index deadlines_due on process.deadlines (due_at);
`;

class Deadlines1760000000101 implements MigrationInterface {
  name = 'Deadlines1760000000101';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema process cascade');
  }
}

/** The tables of deadlines and of stuck processes beside the event store: run those of the event store first. Run them with `runMigrations(url, 'process.migrations', …)`. */
export const processMigrations: readonly Migration[] = [Deadlines1760000000101, StuckProcesses1768000000301];
