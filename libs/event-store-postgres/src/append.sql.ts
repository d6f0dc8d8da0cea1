/** Every function here only ever looks rows up by index: a plan made while a table was empty must not scan it when it is large. */
export const INDEX_ONLY_PLANS = `set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off`;

/**
 * Many appends in one call. Answers one row for the clock (`status` 0, its time), and one row for each stream
 * that was moved on (1) and for each idempotency key that was known (2); whoever has none of those is stored.
 *
 * An append is legal when the row in front of it exists, has the append's tenant and is not above the current
 * transaction in (era, xid), and no row is behind it. Else a transaction with an early id could put version 2 in front
 * of version 1 for the relay. Each check is one scalar sub-select per append: as joins their plan would be cached while
 * the table is empty. Rows arrive sorted by (stream, version) and keys sorted, so two batches lock in the same order.
 */
export const APPEND_FUNCTION = `
create function event_store.append(
  check_no int[], check_stream text[], check_expected int[], check_tenant text[],
  key_no int[], key_tenant text[], key_name text[], key_fingerprint text[], key_response json[],
  row_no int[], row_kind text[], row_stream text[], row_version int[], row_tenant text[],
  row_type text[], row_schema int[], row_data bytea[], row_metadata jsonb[]
) returns table (no int, status int, stream text, fingerprint text, response json, at timestamptz)
language plpgsql ${INDEX_ONLY_PLANS} as $$
declare
  current_era constant int := (select e.era from event_store.eras e order by e.era desc limit 1);
  current_xid constant xid8 := pg_current_xact_id();
  current_time_ constant timestamptz := clock_timestamp();
  conflicts constant int[] := array(
    select c.i from unnest(check_stream, check_expected, check_tenant) with ordinality as c(stream, expected, tenant, i)
    where (select true from event_store.events e where e.stream = c.stream and e.version = c.expected + 1)
    or (c.expected > 0 and (
      select (e.era, e.xid) <= (current_era, current_xid) and e.tenant_id = c.tenant
      from event_store.events e where e.stream = c.stream and e.version = c.expected
    ) is not true)
  );
  known constant int[] := array(
    select k.i from unnest(key_tenant, key_name) with ordinality as k(tenant, name, i)
    where (select true from event_store.commands c where c.tenant_id = k.tenant and c.key = k.name)
  );
  failed constant int[] := array(select check_no[i] from unnest(conflicts) i) || array(select key_no[i] from unnest(known) i);
begin
  insert into event_store.events (era, xid, kind, stream, version, tenant_id, type, schema_id, data, metadata, recorded_at)
  select current_era, current_xid, r.kind, r.stream, r.version, r.tenant, r.type, r.schema, r.data, r.metadata, current_time_
  from unnest(row_no, row_kind, row_stream, row_version, row_tenant, row_type, row_schema, row_data, row_metadata)
    with ordinality as r(no, kind, stream, version, tenant, type, schema, data, metadata, i)
  where r.no <> all (failed) order by r.i;

  insert into event_store.commands (tenant_id, key, fingerprint, response, at)
  select k.tenant, k.name, k.fingerprint, k.response, current_time_
  from unnest(key_no, key_tenant, key_name, key_fingerprint, key_response)
    with ordinality as k(no, tenant, name, fingerprint, response, i)
  where k.no <> all (failed) order by k.i;

  return query select -1, 0, null::text, null::text, null::json, current_time_;
  if cardinality(failed) > 0 then
    return query select check_no[c], 1, check_stream[c], null::text, null::json, null::timestamptz from unnest(conflicts) c;
    return query select key_no[k], 2, null::text, c.fingerprint, c.response, null::timestamptz
      from unnest(known) k join event_store.commands c on c.tenant_id = key_tenant[k] and c.key = key_name[k];
  end if;
end $$;
`;
