import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When vacuum comes. `outcomes` grows for ever, so a share of it that is allowed to be dead must be small; edges live for
 * as long as their items wait, and leave a dead row each.
 */
export class SchedulingStorage1767225600001 implements MigrationInterface {
  readonly name = 'SchedulingStorage1767225600001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      alter table scheduling.outcomes set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000)`);
    await queryRunner.query(`
      alter table scheduling.edges set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const settings = 'autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold';
    await queryRunner.query(`alter table scheduling.outcomes reset (${settings})`);
    await queryRunner.query(`alter table scheduling.edges reset (${settings})`);
  }
}
