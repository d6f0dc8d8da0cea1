import type { Migration } from '@codex/postgres';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class CreateProjectionRegistry1764000000000 implements MigrationInterface {
  readonly name = 'CreateProjectionRegistry1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create schema if not exists projections');
    await runner.query(`
      create table projections.generations (
        projection text not null,
        generation int not null,
        state text not null check (state in ('building', 'live', 'previous')),
        definition_version int not null,
        fenced boolean not null default false,
        created_at timestamptz not null default clock_timestamp(),
        live_since timestamptz,
        primary key (projection, generation)
      )`);
    await runner.query(
      `create unique index generations_one_live on projections.generations (projection) where state = 'live'`,
    );
    await runner.query(`
      create table projections.rebuilds (
        projection text not null,
        generation int not null,
        phase text not null check (phase in ('filling', 'comparing', 'swapped', 'unequal', 'failed')),
        done bigint not null default 0,
        total bigint not null default 0,
        report jsonb,
        error text,
        started_at timestamptz not null default clock_timestamp(),
        finished_at timestamptz,
        primary key (projection, generation)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema projections cascade');
  }
}

class AddPausedAndRejected1764000000001 implements MigrationInterface {
  readonly name = 'AddPausedAndRejected1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table projections.generations
        add column paused boolean not null default false,
        drop constraint generations_state_check,
        add constraint generations_state_check check (state in ('building', 'live', 'previous', 'rejected'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table projections.generations drop column paused');
  }
}

class AddRebuildRate1764100000002 implements MigrationInterface {
  readonly name = 'AddRebuildRate1764100000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table projections.rebuilds add column rate double precision');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table projections.rebuilds drop column rate');
  }
}

/** The registry of generations and rebuilds, schema `projections` of the read database. */
export const projectionMigrations: readonly Migration[] = [
  CreateProjectionRegistry1764000000000,
  AddPausedAndRejected1764000000001,
  AddRebuildRate1764100000002,
];
