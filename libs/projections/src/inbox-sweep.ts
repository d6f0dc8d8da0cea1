import type { Sql } from '@codex/postgres';

const CHUNK = 20_000;
/** Offsets go last: while they are there, an interrupted sweep is taken up again. */
const TABLES = ['waiting', 'parked', 'parked_streams', 'dead_letters', 'guards', 'logs', 'offsets'];

/**
 * Removes what the inbox keeps of generations that are gone, in short transactions. Safe beside everything, because
 * numbers of generations are never used twice.
 */
export async function sweepInbox(sql: Sql): Promise<void> {
  const { rows } = await sql.query<{ group: string }>(
    `select distinct consumer_group as "group" from inbox.offsets o
      where not exists (select from projections.generations g
        where o.consumer_group = 'projector.' || g.projection || '.g' || g.generation)`,
  );
  for (const { group } of rows) for (const table of TABLES) await sweepTable(sql, table, group);
}

async function sweepTable(sql: Sql, table: string, group: string): Promise<void> {
  for (let removed = CHUNK; removed === CHUNK;) {
    const { rowCount } = await sql.query(
      `delete from inbox.${table} where ctid = any(array(
         select ctid from inbox.${table} where consumer_group = $1 limit ${CHUNK}))`,
      [group],
    );
    removed = rowCount ?? 0;
  }
}
