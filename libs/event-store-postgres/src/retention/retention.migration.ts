import type { MigrationInterface, QueryRunner } from 'typeorm';

/*
 * Rows come in the order of time, so the indexes grow at their right end, at next to no cost, and find the oldest at the
 * left one. The cursors move many times a second on a handful of rows: room in the page keeps those updates HOT, and
 * vacuum must not wait for a share of a table that has none. Events are only ever added: frozen as vacuum passes for the
 * sake of the visibility map, so that no vacuum against wraparound ever has to read all of a large table.
 */
const STATEMENTS = [
  'create index commands_at on event_store.commands (at)',
  'create index events_messages on event_store.events (recorded_at) where version is null',
  `alter table event_store.commands set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000)`,
  `alter table event_store.relay_cursors set (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`,
  `alter table event_store.events set (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 500000,
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500000, autovacuum_freeze_min_age = 0,
    autovacuum_analyze_scale_factor = 0.05)`,
];

/** What retention looks rows up by, and when vacuum comes. */
export class Retention1760000000003 implements MigrationInterface {
  name = 'Retention1760000000003';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index event_store.commands_at');
    await runner.query('drop index event_store.events_messages');
  }
}
