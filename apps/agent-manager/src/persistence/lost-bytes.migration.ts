import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An artifact without bytes is one whose bytes were lost with a database; the same bytes uploaded again bring it back. */
export class LostBytes1760000001003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table agent_manager.artifacts alter column bytes drop not null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'delete from agent_manager.artifact_references r using agent_manager.artifacts a where a.sha256 = r.sha256 and a.bytes is null',
    );
    await runner.query('delete from agent_manager.artifacts where bytes is null');
    await runner.query('alter table agent_manager.artifacts alter column bytes set not null');
  }
}
