import type { MigrationInterface, QueryRunner } from 'typeorm';

import { INDEX_ONLY_PLANS } from '../append.sql';

/** A snapshot that spares fewer events than this costs more than they do. */
const WORTHWHILE_EVENTS = 50;

// Every write replaces the whole state, so what it replaced must be swept soon.
const TABLE = `
create table event_store.snapshots (
  stream text collate "C" primary key,
  tenant_id text not null,
  version int not null,
  event_id text not null,
  fingerprint text not null,
  checksum bytea not null,
  state text not null
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 100,
  toast.autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_threshold = 1000);
`;

/**
 * A snapshot is usable when the fold asked for made it and its last event is in the event table, with the same id and
 * tenant: events never change, so all before that one are the same too. Without a usable one all events come.
 */
const LOAD_FUNCTION = `
create function event_store.load(streams text[], after int[], fingerprints text[])
returns table (no int, version int, tenant_id text, schema_id int, data bytea, metadata jsonb, recorded_at timestamptz,
  verdict text, event_id text, state text, checksum bytea)
language plpgsql stable ${INDEX_ONLY_PLANS} as $$
begin
  return query
  with asked as materialized (
    select r.i::int as i, r.stream, r.after, s.version, case
        when s.version is null then null
        when s.fingerprint <> r.fingerprint then 'outdated'
        when (select e.tenant_id = s.tenant_id and e.metadata ->> 'messageId' = s.event_id
          from event_store.events e where e.stream = r.stream and e.version = s.version) is true then 'usable'
        else 'foreign' end as verdict
    from unnest(streams, after, fingerprints) with ordinality as r(stream, after, fingerprint, i)
    left join lateral (
      select x.version, x.tenant_id, x.event_id, x.fingerprint from event_store.snapshots x
      where r.fingerprint <> '' and x.stream = r.stream and x.version >= r.after + ${WORTHWHILE_EVENTS}
    ) s on true
  )
  select a.i, e.version, e.tenant_id, e.schema_id, e.data, e.metadata, e.recorded_at, null::text, null::text, null::text, null::bytea
  from asked a cross join lateral (
    select * from event_store.events x
    where x.stream = a.stream and x.version > case when a.verdict = 'usable' then a.version else a.after end
    order by x.version
  ) e
  union all
  select a.i, a.version, s.tenant_id, null, null, null, null,
    a.verdict, s.event_id, case when a.verdict = 'usable' then s.state end, s.checksum
  from asked a cross join lateral (select * from event_store.snapshots x where x.stream = a.stream) s
  where a.verdict is not null;
end $$;
`;

/** States of long streams, so that they need not be folded from their beginning. Safe to empty at any time. */
export class Snapshots1760000000002 implements MigrationInterface {
  name = 'Snapshots1760000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
    await runner.query(LOAD_FUNCTION);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function event_store.load(text[], int[], text[])');
    await runner.query('drop table event_store.snapshots');
  }
}
