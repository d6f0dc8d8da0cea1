import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `outcomes`: one row for every item ever heard of, also of those never met as tasks; its lock orders all that is decided
 * about the item. `edges`: dependencies still open. `waiting_tasks`: tasks that are neither ready nor over; small and hot.
 */
export class SchedulingTables1767225600000 implements MigrationInterface {
  readonly name = 'SchedulingTables1767225600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('create schema if not exists scheduling');
    await queryRunner.query(`
      create table scheduling.outcomes (
        work_item_id uuid primary key,
        tenant_id text not null,
        outcome text check (outcome in ('completed', 'failed', 'cancelled', 'deleted')),
        priority int
      ) with (fillfactor = 80)`);
    await queryRunner.query(`
      create table scheduling.edges (
        dependency_id uuid not null,
        dependant_id uuid not null,
        primary key (dependency_id, dependant_id)
      )`);
    await queryRunner.query('create index edges_dependant on scheduling.edges (dependant_id)');
    await queryRunner.query(`
      create table scheduling.waiting_tasks (
        work_item_id uuid primary key,
        tenant_id text not null,
        open_dependencies int not null check (open_dependencies >= 0),
        due_at timestamptz,
        priority int,
        correlation_id text not null,
        traceparent text
      ) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500)`);
    await queryRunner.query(`
      create index waiting_tasks_due on scheduling.waiting_tasks (due_at) where due_at is not null`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop schema scheduling cascade');
  }
}
