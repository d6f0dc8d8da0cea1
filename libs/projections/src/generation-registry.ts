import { inTransaction, type Sql } from '@codex/postgres';
import type { Pool } from 'pg';
import type { ComparisonReport } from './comparison';
import { generationsOf, readGenerations, type Generation } from './generation';
import type { Projection } from './projection';
import {
  GenerationBehind,
  GenerationIsLive,
  NoPreviousGeneration,
  ProjectionPaused,
  RebuildRunning,
} from './projection-errors';
import { offsetsOf, shortOf } from './projection-offsets';
import { countRows } from './row-counts';
import { createTable, dropGeneration, exposeGeneration, queryIndexes } from './table-layout';

/** So many messages behind a generation is at the latest events within a moment. */
const CLOSE_ENOUGH = 2_000;

type Named = Pick<Projection, 'schema' | 'name'>;

/** The generations of all projections and their changes; each change is one transaction, safe from many processes. */
export class GenerationRegistry {
  constructor(private readonly pool: Pool) {}

  all(): Promise<readonly Generation[]> {
    return readGenerations(this.pool);
  }

  /**
   * Creates generation 1 of a projection that has none yet and shows it to queries. Those of this definition that queries
   * may see begin to count their rows, if it wants that now.
   */
  async ensureLive(projection: Projection): Promise<void> {
    await this.change(projection, async (tx, known) => {
      for (const one of known) {
        if (!isOf(projection, one) || (one.state !== 'live' && one.state !== 'previous')) continue;
        const isNew = await countRows(tx, projection, one.generation);
        if (isNew && one.state === 'live') await expose(tx, projection, one.generation);
      }
      if (known.length > 0) return;
      for (const statement of createTable(projection, 1)) await tx.query(statement);
      for (const { create } of queryIndexes(projection, 1)) await tx.query(create);
      await countRows(tx, projection, 1);
      await expose(tx, projection, 1);
      await tx.query(
        `insert into projections.generations (projection, generation, state, definition_version, live_since)
         values ($1, 1, 'live', $2, clock_timestamp())`,
        [projection.name, projection.version],
      );
    });
  }

  /**
   * Opens the next generation beside the live one. Returns the one that is being built already, if there is one of the
   * same definition; what earlier attempts left behind is dropped. Refused with {@link ProjectionPaused}.
   */
  async open(projection: Projection): Promise<Generation> {
    return this.change(projection, async (tx, known) => {
      if (known.some(({ paused }) => paused)) throw new ProjectionPaused(projection.name);
      const unfinished = known.filter(({ state }) => state === 'building' || state === 'rejected');
      const current = unfinished.find((one) => one.state === 'building' && isOf(projection, one));
      if (current) return current;
      for (const { generation } of unfinished) await dropTables(tx, projection, generation);
      return openNext(tx, projection);
    });
  }

  /**
   * Stops the feeding of these generations until the next {@link unfence}, {@link swap} or {@link reject}. When this
   * resolves nobody can commit a change of their rows: every batch holds a share lock on what is changed here.
   */
  async fence(projection: string, generations: readonly number[]): Promise<void> {
    await this.pool.query(
      'update projections.generations set fenced = true where projection = $1 and generation = any($2)',
      [projection, generations],
    );
  }

  async unfence(projection: string): Promise<void> {
    await this.pool.query('update projections.generations set fenced = false where projection = $1 and fenced', [
      projection,
    ]);
  }

  /**
   * Shows the new generation to queries and feeds it again. The old one is kept, and fed as the previous one unless the
   * log it was built from is gone. Throws when the new one is not building behind a fence any more: then somebody else
   * coordinates, and what was compared may have moved.
   */
  async swap(projection: Projection, generation: number, report: ComparisonReport): Promise<void> {
    await this.change(projection, async (tx) => {
      await tx.query(`update projections.generations set state = $2 where projection = $1 and state = 'live'`, [
        projection.name,
        report.logReplaced ? 'rejected' : 'previous',
      ]);
      await settle(tx, projection, { generation, state: 'live', report });
      await expose(tx, projection, generation);
    });
  }

  /**
   * Shows the previous generation to queries again, at once, and keeps the live one as the previous one: the way back
   * from a rebuild, and back again. Both are fed all the time, so nothing has to be filled. Refused with
   * {@link NoPreviousGeneration}, {@link GenerationBehind}, {@link RebuildRunning}.
   */
  async returnToPrevious(projection: Projection): Promise<Generation> {
    return this.change(projection, async (tx, known) => {
      if (known.some(({ state }) => state === 'building')) throw new RebuildRunning(projection.name);
      const previous = known.find((one) => one.state === 'previous' && isOf(projection, one));
      const live = known.find(({ state }) => state === 'live');
      if (!previous || !live) throw new NoPreviousGeneration(projection.name);
      const reached = await offsetsOf(tx, projection, previous.generation);
      const missing = shortOf(reached, await offsetsOf(tx, projection, live.generation));
      if (missing > CLOSE_ENOUGH) throw new GenerationBehind(projection.name, missing);
      await exchange(tx, projection.name, { live: live.generation, previous: previous.generation });
      await expose(tx, projection, previous.generation);
      return { ...previous, state: 'live' };
    });
  }

  /** Keeps the live generation, feeds it again, and leaves the other one as it is, to be looked at. Throws like {@link swap}. */
  async reject(projection: Projection, generation: number, report: ComparisonReport): Promise<void> {
    await this.change(projection, (tx) => settle(tx, projection, { generation, state: 'rejected', report }));
  }

  /** Removes a generation; false when there is none. Its guards go with `sweepInbox`. Refused with {@link GenerationIsLive}. */
  async drop(projection: Named, generation: number): Promise<boolean> {
    return this.change(projection, async (tx, known) => {
      const doomed = known.find((one) => one.generation === generation);
      if (doomed?.state === 'live') throw new GenerationIsLive(projection.name, generation);
      if (doomed) await dropTables(tx, projection, generation);
      return doomed !== undefined;
    });
  }

  /** Removes all previous generations but the newest. */
  async dropOutlived(projection: Named): Promise<void> {
    await this.change(projection, async (tx, known) => {
      const previous = known.filter(({ state }) => state === 'previous');
      for (const { generation } of previous.slice(1)) await dropTables(tx, projection, generation);
    });
  }

  /** Stops the feeding of a projection until {@link resume}; queries go on. Refused with {@link RebuildRunning}. */
  async pause(projection: Named): Promise<void> {
    await this.change(projection, async (tx, known) => {
      if (known.some(({ state }) => state === 'building')) throw new RebuildRunning(projection.name);
      await tx.query('update projections.generations set paused = true where projection = $1', [projection.name]);
    });
  }

  async resume(projection: Named): Promise<void> {
    await this.pool.query('update projections.generations set paused = false where projection = $1', [projection.name]);
  }

  /** One change at a time for each projection, over all processes. */
  private async change<T>({ name }: Named, work: (tx: Sql, known: readonly Generation[]) => Promise<T>): Promise<T> {
    return inTransaction(this.pool, async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtextextended('projection:' || $1, 0))`, [name]);
      return work(tx, await generationsOf(tx, name));
    });
  }
}

async function expose(tx: Sql, projection: Projection, generation: number): Promise<void> {
  for (const statement of exposeGeneration(projection, generation)) await tx.query(statement);
}

function isOf(projection: Projection, { definitionVersion }: Generation): boolean {
  return definitionVersion === projection.version;
}

// One after the other: there may be one live generation at a time.
async function exchange(
  tx: Sql,
  projection: string,
  { live, previous }: { readonly live: number; readonly previous: number },
): Promise<void> {
  const change = `update projections.generations set state = $3,
    live_since = case when $3 = 'live' then clock_timestamp() else live_since end where projection = $1 and generation = $2`;
  await tx.query(change, [projection, live, 'previous']);
  await tx.query(change, [projection, previous, 'live']);
}

// Numbers are never used twice: a group of Kafka and the report of a rebuild go by them.
async function openNext(tx: Sql, projection: Projection): Promise<Generation> {
  const { name, version } = projection;
  const { rows } = await tx.query<{ generation: number }>(
    `select 1 + max(generation) as generation from (select generation from projections.generations where projection = $1
       union all select generation from projections.rebuilds where projection = $1) used`,
    [name],
  );
  const { generation } = rows[0]!;
  for (const statement of createTable(projection, generation)) await tx.query(statement);
  await tx.query(
    `insert into projections.generations (projection, generation, state, definition_version) values ($1, $2, 'building', $3)`,
    [name, generation, version],
  );
  await tx.query(`insert into projections.rebuilds (projection, generation, phase) values ($1, $2, 'filling')`, [
    name,
    generation,
  ]);
  return { projection: name, generation, state: 'building', definitionVersion: version, fenced: false, paused: false };
}

async function settle(
  tx: Sql,
  { name }: Named,
  outcome: { readonly generation: number; readonly state: 'live' | 'rejected'; readonly report: ComparisonReport },
): Promise<void> {
  const { generation, state, report } = outcome;
  const { rowCount } = await tx.query(
    `update projections.generations
        set state = $3, live_since = case when $3 = 'live' then clock_timestamp() end
      where projection = $1 and generation = $2 and state = 'building' and fenced`,
    [name, generation, state],
  );
  if (rowCount !== 1) throw new Error(`generation ${generation} of ${name} is not building behind a fence`);
  await tx.query('update projections.generations set fenced = false where projection = $1', [name]);
  await tx.query(
    `update projections.rebuilds set phase = $3, done = total, report = $4, error = null, finished_at = clock_timestamp()
     where projection = $1 and generation = $2`,
    [name, generation, state === 'live' ? 'swapped' : 'unequal', JSON.stringify(report)],
  );
}

// The row goes first: it waits for the batch that is being written, and no other one starts without it.
async function dropTables(tx: Sql, projection: Named, generation: number): Promise<void> {
  await tx.query('delete from projections.generations where projection = $1 and generation = $2', [
    projection.name,
    generation,
  ]);
  await tx.query(dropGeneration(projection, generation));
}
