import { INDEX_ONLY_PLANS } from './append.sql';
import { PENDING_COUNT_LIMIT } from './relay-reader';

/**
 * What readers call. `relay_read` hands out rows of earlier eras, and rows whose transaction id is below every id that
 * may still be open: whatever commits later sorts behind them.
 */
export const READ_FUNCTIONS = `
create function event_store.read(streams text[], after int[])
returns table (no int, version int, tenant_id text, schema_id int, data bytea, metadata jsonb, recorded_at timestamptz)
language plpgsql stable ${INDEX_ONLY_PLANS} as $$
begin
  return query select r.i::int, e.version, e.tenant_id, e.schema_id, e.data, e.metadata, e.recorded_at
  from unnest(streams, after) with ordinality as r(stream, after, i)
  cross join lateral (
    select * from event_store.events x where x.stream = r.stream and x.version > r.after order by x.version
  ) e;
end $$;

create function event_store.find_commands(tenants text[], keys text[])
returns table (no int, fingerprint text, response json)
language plpgsql stable ${INDEX_ONLY_PLANS} as $$
begin
  return query select k.i::int, c.fingerprint, c.response
  from unnest(tenants, keys) with ordinality as k(tenant, name, i)
  cross join lateral (select * from event_store.commands x where x.tenant_id = k.tenant and x.key = k.name) c;
end $$;

create function event_store.relay_read(cursor_era int, cursor_xid xid8, cursor_position bigint, max_rows int)
returns table (era int, xid xid8, "position" bigint, kind text, stream text, version int, tenant_id text,
  type text, schema_id int, data bytea, metadata jsonb, recorded_at text)
language plpgsql stable ${INDEX_ONLY_PLANS} as $$
declare
  current_era constant int := (select e.era from event_store.eras e order by e.era desc limit 1);
begin
  return query select e.era, e.xid, e."position", e.kind, e.stream, e.version, e.tenant_id, e.type, e.schema_id, e.data,
    e.metadata, to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  from event_store.events e
  where (e.era, e.xid, e."position") > (cursor_era, cursor_xid, cursor_position)
    and (e.era, e.xid) < (current_era, pg_snapshot_xmin(pg_current_snapshot()))
  order by e.era, e.xid, e."position" limit max_rows;
end $$;

create function event_store.relay_pending(cursor_era int, cursor_xid xid8, cursor_position bigint)
returns table (count bigint, oldest_age_ms float8)
language plpgsql stable ${INDEX_ONLY_PLANS} as $$
begin
  return query select
    (select count(*) from (
      select 1 from event_store.events e where (e.era, e.xid, e."position") > (cursor_era, cursor_xid, cursor_position)
      limit ${PENDING_COUNT_LIMIT}) waiting),
    coalesce((select extract(epoch from clock_timestamp() - e.recorded_at)::float8 * 1000 from event_store.events e
      where (e.era, e.xid, e."position") > (cursor_era, cursor_xid, cursor_position)
      order by e.era, e.xid, e."position" limit 1), 0);
end $$;
`;
