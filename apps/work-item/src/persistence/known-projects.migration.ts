import type { Migration } from '@codex/postgres';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLE = `
create schema if not exists work_item;
create table work_item.known_projects (
  project_id uuid primary key,
  tenant_id text not null,
  archived boolean not null
);
`;

class KnownProjects1760000000201 implements MigrationInterface {
  name = 'KnownProjects1760000000201';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table work_item.known_projects');
  }
}

export const workItemMigrations: readonly Migration[] = [KnownProjects1760000000201];
