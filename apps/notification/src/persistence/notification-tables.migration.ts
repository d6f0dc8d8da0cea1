import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `subscriptions` follows the events in their transaction. Secrets are in a table of their own and nowhere else: events and
 * stored responses are kept for ever, or shown. `deliveries` holds what is still to be sent.
 */
export class NotificationTables1767225600000 implements MigrationInterface {
  readonly name = 'NotificationTables1767225600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('create schema if not exists notification');
    await queryRunner.query(`
      create table notification.subscriptions (
        subscription_id uuid primary key,
        tenant_id text not null,
        project_id uuid,
        url text not null,
        description text,
        created_by text not null,
        created_at timestamptz not null
      )`);
    await queryRunner.query(`
      create index subscriptions_tenant on notification.subscriptions (tenant_id, subscription_id)`);
    await queryRunner.query(`
      create table notification.secrets (
        subscription_id uuid primary key,
        secret text not null
      )`);
    await queryRunner.query(`
      create table notification.deliveries (
        delivery_id uuid primary key,
        tenant_id text not null,
        subscription_id uuid not null,
        work_item_id uuid not null,
        project_id uuid not null,
        event_type text not null,
        title text not null,
        created_at timestamptz not null default clock_timestamp(),
        attempts int not null default 0,
        due_at timestamptz not null default clock_timestamp(),
        correlation_id text not null,
        traceparent text
      ) with (autovacuum_vacuum_scale_factor = 0.05)`);
    await queryRunner.query('create index deliveries_due on notification.deliveries (due_at)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop schema notification cascade');
  }
}
