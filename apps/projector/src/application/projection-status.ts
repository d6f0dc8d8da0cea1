import { generationGroup, type Projection, type ProjectionHost } from '@codex/projections';
import type { ConsumerHealth } from '@codex/kafka-messaging';
import type { Sql } from '@codex/postgres';

export interface RebuildView {
  readonly generation: number;
  readonly phase: string;
  readonly done: number;
  /** Of the live generation, so it grows with live traffic; of the log's end when the log was replaced. */
  readonly total: number;
  readonly percent: number;
  /** While it fills, over the last seconds; null before it is known. */
  readonly ratePerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly report: unknown;
  readonly error: string | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
}

export interface GenerationView {
  readonly generation: number;
  readonly state: string;
  readonly definitionVersion: number;
  readonly fenced: boolean;
  readonly paused: boolean;
}

/**
 * A projection as operators see it, from the consumers of this process. `lagMs` is the age of the oldest event that was
 * fetched and not applied, or of the last fetch when nothing is fetched any more; null while nobody feeds it.
 */
export interface ProjectionView {
  readonly name: string;
  readonly version: number;
  readonly state: string;
  /** Why it does not go on, when it does not. */
  readonly reason: string | null;
  readonly lagMs: number | null;
  readonly parked: number;
  readonly generations: readonly GenerationView[];
  readonly rebuild: RebuildView | null;
}

type StoredRebuild = Omit<RebuildView, 'percent' | 'ratePerSecond' | 'secondsLeft'> & { readonly rate: number | null };

interface StatusRow {
  readonly projection: string;
  readonly generations: readonly GenerationView[];
  readonly rebuild: StoredRebuild | null;
  readonly parked: readonly { readonly group: string; readonly count: number }[];
}

/** An empty fetch comes back at least this often. */
const FETCHES_AT_LEAST_EVERY_MS = 2_000;

/** Every projection with its generations and its latest rebuild. */
export async function projectionStatus(
  sql: Sql,
  host: ProjectionHost,
  projections: readonly Projection[],
): Promise<readonly ProjectionView[]> {
  const { rows } = await sql.query<StatusRow>(
    `select g.projection,
       jsonb_agg(jsonb_build_object('generation', g.generation, 'state', g.state, 'fenced', g.fenced, 'paused', g.paused,
         'definitionVersion', g.definition_version) order by g.generation) as generations,
       (select jsonb_build_object('generation', r.generation, 'phase', r.phase, 'done', r.done, 'total', r.total, 'rate', r.rate,
          'report', r.report, 'error', r.error, 'startedAt', ${time('r.started_at')}, 'finishedAt', ${time('r.finished_at')})
        from projections.rebuilds r where r.projection = g.projection order by r.generation desc limit 1) as rebuild,
       (select coalesce(jsonb_agg(jsonb_build_object('group', p.consumer_group, 'count', p.count)), '[]') from (
          select s.consumer_group, count(*) from inbox.parked_streams s
           where s.consumer_group like 'projector.' || g.projection || '.g%' group by 1) p) as parked
     from projections.generations g group by g.projection`,
  );
  const known = new Map(rows.map((row) => [row.projection, row]));
  const health = host.health();
  return projections.map((projection) => viewOf(projection, known.get(projection.name), health));
}

function viewOf(
  { name, version }: Projection,
  row: StatusRow | undefined,
  health: ReadonlyMap<string, ConsumerHealth>,
): ProjectionView {
  const live = row?.generations.find(({ state }) => state === 'live');
  const group = live && generationGroup(name, live.generation);
  const consumer = group === undefined ? undefined : health.get(group);
  return {
    name,
    version,
    state: stateOf(live, consumer, version),
    reason: consumer?.healthy === false ? consumer.lastError : null,
    lagMs: consumer ? lagOf(consumer, Date.now()) : null,
    parked: row?.parked.find((one) => one.group === group)?.count ?? 0,
    generations: row?.generations ?? [],
    rebuild: row?.rebuild ? rebuildView(row.rebuild) : null,
  };
}

/** Progress and the estimate: messages that are missing, at the rate of the last seconds. */
export function rebuildView({ rate, ...rebuild }: StoredRebuild): RebuildView {
  const { phase, done, total } = rebuild;
  const percent = phase === 'swapped' ? 100 : total === 0 ? 0 : Math.floor((1_000 * done) / total) / 10;
  const filling = phase === 'filling' && rate !== null;
  const secondsLeft = filling && rate > 0 ? Math.ceil((total - done) / rate) : null;
  const { generation, report, error, startedAt, finishedAt } = rebuild;
  const estimate = { percent, ratePerSecond: filling ? Math.round(rate) : null, secondsLeft };
  return { generation, phase, done, total, ...estimate, report, error, startedAt, finishedAt };
}

function stateOf(live: GenerationView | undefined, consumer: ConsumerHealth | undefined, version: number): string {
  if (live?.paused) return 'paused';
  if (live?.fenced) return 'fenced';
  if (live && live.definitionVersion !== version) return 'outdated';
  return consumer?.state ?? 'starting';
}

// A consumer that hears nothing of Kafka has nothing old in its hands; what it can't know is at least this old.
function lagOf({ lagMs, lastFetchAt }: ConsumerHealth, now: number): number | null {
  if (lastFetchAt === null) return null;
  const silentMs = now - lastFetchAt;
  return Math.round(silentMs > FETCHES_AT_LEAST_EVERY_MS ? Math.max(lagMs, silentMs) : lagMs);
}

function time(column: string): string {
  return `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
