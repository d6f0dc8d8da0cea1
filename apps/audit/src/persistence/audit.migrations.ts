import type { Migration } from '@codex/postgres';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class CreateAuditRecords1764000000100 implements MigrationInterface {
  readonly name = 'CreateAuditRecords1764000000100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create schema if not exists audit');
    await runner.query(`
      create table audit.records (
        index bigint primary key,
        leaf_hash bytea not null,
        message_id text not null,
        tenant_id uuid not null,
        context text not null,
        stream text not null,
        version int,
        type text not null,
        schema_id int not null,
        actor text not null,
        correlation_id text not null,
        causation_id text not null,
        outcome text not null check (outcome in ('accepted', 'refused')),
        recorded_at text not null,
        recorded_time timestamptz not null,
        salt bytea not null,
        data_hash text not null,
        data bytea
      )`);
    await runner.query('create unique index records_refusals on audit.records (message_id) where version is null');
    await runner.query(
      'create unique index records_versions on audit.records (stream, version) where version is not null',
    );
    await runner.query('create index records_tenant on audit.records (tenant_id, index desc)');
    await runner.query('create index records_correlation on audit.records (correlation_id, index desc)');
    await runner.query('create index records_actor on audit.records (tenant_id, actor, index desc)');
    await runner.query(
      'create table audit.sequence (singleton boolean primary key default true check (singleton), next_index bigint not null)',
    );
    await runner.query('insert into audit.sequence (next_index) values (0)');
    await runner.query(`
      create function audit.refuse_change() returns trigger language plpgsql as $$
      begin
        if tg_op = 'UPDATE' and new.data is null
           and (to_jsonb(new) - 'data' - 'salt') = (to_jsonb(old) - 'data' - 'salt') then
          return new;
        end if;
        raise exception 'audit records are append-only';
      end $$`);
    await runner.query(
      'create trigger append_only before update or delete on audit.records for each row execute function audit.refuse_change()',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema audit cascade');
  }
}

class RefuseTruncateAndErasedSalts1764000000101 implements MigrationInterface {
  readonly name = 'RefuseTruncateAndErasedSalts1764000000101';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table audit.records alter column salt drop not null');
    await runner.query(
      'create trigger no_truncate before truncate on audit.records for each statement execute function audit.refuse_change()',
    );
    await runner.query('create index records_type on audit.records (tenant_id, type, index desc)');
    await runner.query('create index records_recorded on audit.records (tenant_id, recorded_time)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index audit.records_type, audit.records_recorded');
    await runner.query('drop trigger no_truncate on audit.records');
  }
}

/** The audit store: append-only records under a gapless index. Only the body and its salt may ever be erased. */
export const auditMigrations: readonly Migration[] = [
  CreateAuditRecords1764000000100,
  RefuseTruncateAndErasedSalts1764000000101,
];
