import { inTransaction, type Sql } from '@codex/postgres';
import type { Pool } from 'pg';
import { compareGenerations, type ComparisonReport } from './comparison';
import type { Generation } from './generation';
import type { GenerationRegistry } from './generation-registry';
import { sweepInbox } from './inbox-sweep';
import { hasLeftTopics, requireEqualReach } from './left-topics';
import type { Projection } from './projection';
import type { ProjectionLog } from './projection-log';
import { RebuildProgress } from './rebuild-progress';
import { countRows } from './row-counts';
import { queryIndexes } from './table-layout';
import { furthest, offsetsOf, shortOf, sizeOf, type Offsets } from './projection-offsets';

/** What a rebuild needs of the host that feeds generations. */
export interface GenerationFeeder {
  /** Brings a fenced generation to exactly these offsets; resolves when it is there and stands still. */
  catchUp(projection: Projection, generation: number, end: Offsets): Promise<void>;
  /** Starts and stops feeding by what the registry says now. */
  reconcile(): Promise<void>;
  /** The log that the projection reads now, and whether it is the one this generation was built from. */
  logOf(projection: Projection, generation: number): Promise<ProjectionLog>;
}

export interface RebuildParts {
  /** Its statements may take long: the comparison reads whole tables. */
  readonly pool: Pool;
  readonly registry: GenerationRegistry;
  readonly feeder: GenerationFeeder;
  /** Aborts the waiting; the rebuild is taken up again at the next start. */
  readonly signal: AbortSignal;
}

/** How a rebuild ended. Unequal with the same definition is never swapped. */
export interface RebuildOutcome {
  readonly projection: string;
  readonly generation: number;
  readonly swapped: boolean;
  readonly report: ComparisonReport;
}

/** Close enough to the live generation to fence both and finish. */
const NEARLY_THERE = 2_000;
const POLL_MS = 100;

/**
 * Fills a new generation from the first offset beside the live one, then fences both, brings both to the same offsets,
 * compares them and swaps. Live reads go on all the time; the live model stands still only between fence and swap. The
 * old generation is kept and fed as the previous one; older ones are dropped. When the log that the live one was built
 * from is gone, the new one is filled to the end of the log that is there and swapped in, with the differences reported.
 * Taken up again after a crash, it goes on
 * where it was. One coordinator a projection at a time: the caller sees to that.
 */
export async function rebuild(parts: RebuildParts, projection: Projection): Promise<RebuildOutcome> {
  const { registry, feeder } = parts;
  const fresh = await openOnThisLog(parts, projection);
  try {
    // A coordinator that died between fence and swap left the fences standing.
    await registry.unfence(projection.name);
    await feeder.reconcile();
    const live = await liveGeneration(registry, projection.name);
    const { replaced } = await feeder.logOf(projection, live.generation);
    const moved = await hasLeftTopics(parts.pool, projection, live.generation);
    const course: Course = { projection, live, fresh, replaced, moved, progress: new RebuildProgress() };
    await untilNearlyThere(parts, course);
    await buildIndexes(parts.pool, projection, fresh.generation);
    await inTransaction(parts.pool, (tx) => countRows(tx, projection, fresh.generation));
    await untilNearlyThere(parts, course);
    const outcome = await finish(parts, course);
    await tidy(parts, projection);
    return outcome;
  } catch (error) {
    await recordFailure(parts, fresh, error);
    throw error;
  }
}

/** One rebuild on its way. */
interface Course {
  readonly projection: Projection;
  readonly live: Generation;
  readonly fresh: Generation;
  /** The log of the live generation is gone: it can't be brought to the offsets of the new one. */
  readonly replaced: boolean;
  /** The live generation was fed from a topic before that was left: at a low offset of the new one it knows more. */
  readonly moved: boolean;
  readonly progress: RebuildProgress;
}

async function finish(parts: RebuildParts, course: Course): Promise<RebuildOutcome> {
  const { projection, live, fresh, replaced, moved } = course;
  const { pool, registry, feeder, signal } = parts;
  const { name } = projection;
  const { generation } = fresh;
  await recordPhase(pool, fresh, 'comparing');
  try {
    await registry.fence(name, [live.generation, generation]);
    await feeder.reconcile();
    const end = furthest(await targetOf(parts, course), await offsetsOf(pool, projection, generation));
    const comparable = !replaced && live.definitionVersion === fresh.definitionVersion;
    await Promise.all([
      feeder.catchUp(projection, generation, end),
      comparable ? feeder.catchUp(projection, live.generation, end) : undefined,
    ]);
    if (comparable && moved) await requireEqualReach(pool, name, { live: live.generation, fresh: generation });
    const compared = { live: live.generation, rebuilt: generation, logReplaced: replaced };
    const report = await compareGenerations(pool, projection, compared);
    signal.throwIfAborted();
    const swapped = report.equal || !comparable;
    await (swapped ? registry.swap(projection, generation, report) : registry.reject(projection, generation, report));
    return { projection: name, generation, swapped, report };
  } finally {
    await registry.unfence(name);
    await feeder.reconcile();
  }
}

// What an interrupted rebuild filled from another log can't be filled any further.
async function openOnThisLog({ registry, feeder }: RebuildParts, projection: Projection): Promise<Generation> {
  const fresh = await registry.open(projection);
  if (!(await feeder.logOf(projection, fresh.generation)).replaced) return fresh;
  await registry.drop(projection, fresh.generation);
  return registry.open(projection);
}

async function untilNearlyThere(parts: RebuildParts, course: Course): Promise<void> {
  const { pool, signal } = parts;
  const { fresh, progress } = course;
  for (;;) {
    const target = await targetOf(parts, course);
    const missing = await missingTo(target, parts, course);
    const total = sizeOf(target);
    progress.note(total - missing);
    await recordPhase(pool, fresh, 'filling', { done: total - missing, total, rate: progress.ratePerSecond });
    if (missing <= NEARLY_THERE) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    signal.throwIfAborted();
  }
}

async function missingTo(
  target: Offsets,
  { pool }: RebuildParts,
  { projection, live, fresh, moved }: Course,
): Promise<number> {
  const waitedFor = moved ? [live, fresh] : [fresh];
  const offsets = waitedFor.map(({ generation }) => offsetsOf(pool, projection, generation));
  return Math.max(...(await Promise.all(offsets)).map((reached) => shortOf(reached, target)));
}

/** What the new generation has to reach: the live one, or the end of the log that took the place of that one's. */
async function targetOf(
  { pool, feeder }: RebuildParts,
  { projection, live, replaced, moved }: Course,
): Promise<Offsets> {
  if (replaced || moved) return (await feeder.logOf(projection, live.generation)).ends;
  return offsetsOf(pool, projection, live.generation);
}

// Filling goes three times as fast without them. Concurrently, because a plain build holds a transaction id all the time,
// and every relay of the cluster waits for the oldest one.
async function buildIndexes(sql: Sql, projection: Projection, generation: number): Promise<void> {
  for (const { name, createConcurrently } of queryIndexes(projection, generation)) {
    const { rows } = await sql.query<{ valid: boolean }>(
      'select indisvalid as valid from pg_index where indexrelid = to_regclass($1)',
      [name],
    );
    if (rows[0]?.valid === false) await sql.query(`drop index ${name}`);
    await sql.query(createConcurrently);
  }
}

async function liveGeneration(registry: GenerationRegistry, projection: string): Promise<Generation> {
  const live = (await registry.all()).find((one) => one.projection === projection && one.state === 'live');
  if (!live) throw new Error(`${projection} has no live generation`);
  return live;
}

async function recordPhase(
  sql: Sql,
  { projection, generation }: Generation,
  phase: 'filling' | 'comparing',
  progress?: { readonly done: number; readonly total: number; readonly rate: number | null },
): Promise<void> {
  await sql.query(
    `update projections.rebuilds set phase = $3, error = null, done = coalesce($4, done), total = coalesce($5, total),
        rate = $6
      where projection = $1 and generation = $2`,
    [projection, generation, phase, progress?.done ?? null, progress?.total ?? null, progress?.rate ?? null],
  );
}

/** What the outcome does not depend on: left undone it is done after the next rebuild. */
async function tidy({ pool, registry, feeder }: RebuildParts, projection: Projection): Promise<void> {
  try {
    await registry.dropOutlived(projection);
    await feeder.reconcile();
    await sweepInbox(pool);
  } catch {
    // Nothing reads what is left.
  }
}

async function recordFailure({ pool, signal }: RebuildParts, fresh: Generation, error: unknown): Promise<void> {
  if (signal.aborted) return;
  const reason = error instanceof Error ? error.message : String(error);
  await pool
    .query(
      `update projections.rebuilds set phase = 'failed', error = $3, finished_at = clock_timestamp()
       where projection = $1 and generation = $2 and phase in ('filling', 'comparing')`,
      [fresh.projection, fresh.generation, reason],
    )
    .catch(() => undefined);
}
