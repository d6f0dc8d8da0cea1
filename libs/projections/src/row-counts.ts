import type { Sql } from '@codex/postgres';
import type { Projection } from './projection';
import { columnName, countsName, tableName } from './table-layout';

/** Writers of one group seldom wait for each other; reading sums up so many rows a group at most. */
const SHARDS = 8;

/**
 * Makes a generation count its own rows from now on, in the transaction of whoever changes them: then counting a million
 * takes what counting ten does. Triggers do it, so no way to change a row can be forgotten. False when it does already, or
 * when the projection counts nothing. Writers wait until the transaction ends; a large table is counted in it once.
 */
export async function countRows(tx: Sql, projection: Projection, generation: number): Promise<boolean> {
  if (projection.counted === undefined) return false;
  const { rows } = await tx.query<{ counts: string | null }>('select to_regclass($1) as counts', [
    countsName(projection, generation),
  ]);
  if (rows[0]!.counts !== null) return false;
  await tx.query('set local statement_timeout = 0; set local transaction_timeout = 0');
  await tx.query(`lock table ${tableName(projection, generation)} in share row exclusive mode`);
  for (const statement of countStatements(projection, projection.counted, generation)) await tx.query(statement);
  return true;
}

function countStatements(projection: Projection, counted: readonly string[], generation: number): readonly string[] {
  const [table, counts] = [tableName(projection, generation), countsName(projection, generation)];
  const columns = counted.map((field) => `"${columnName(field)}"`);
  const names = columns.join(', ');
  const types = counted.map((field, place) => `${columns[place]} ${projection.columns[field]} not null`);
  const add = (change: string, from: string, shard = 'mine') => `insert into ${counts} as counts (${names}, shard, rows)
    select ${names}, ${shard}, ${change} from ${from} group by ${names} having ${change} <> 0
    on conflict (${names}, shard) do update set rows = counts.rows + excluded.rows`;
  const both = `(select ${names}, 1 as n from rows_after union all select ${names}, -1 from rows_before) as changed`;
  const trigger = (event: string, tables: string) => `create trigger count_${event} after ${event} on ${table}
    referencing ${tables} for each statement execute function ${counts}()`;
  return [
    `create table ${counts} (${types.join(', ')}, shard integer not null, rows bigint not null,
       primary key (${names}, shard)) with (fillfactor = 50)`,
    // One lock a shard, because two statements of a batch may meet the same groups in another order.
    `create function ${counts}() returns trigger language plpgsql as $$
     declare mine constant integer := pg_backend_pid() % ${SHARDS};
     begin
       perform pg_advisory_xact_lock((tg_relid::bigint << 8) | mine);
       case tg_op
         when 'INSERT' then ${add('count(*)', 'rows_after')};
         when 'DELETE' then ${add('-count(*)', 'rows_before')};
         else ${add('sum(n)', both)};
       end case;
       return null;
     end $$`,
    trigger('insert', 'new table as rows_after'),
    trigger('delete', 'old table as rows_before'),
    trigger('update', 'old table as rows_before new table as rows_after'),
    add('count(*)', table, '0'),
  ];
}
