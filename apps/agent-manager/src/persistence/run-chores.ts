import type { Chore } from '@codex/postgres';

/** How long the service keeps what its streams or its clients no longer need here. */
export interface RunRetention {
  /** Rows of runs that ended; their streams stay. At least two days, because run minutes of a day are counted from them. */
  readonly runsMs: number;
  /** Artifacts with their bytes; null keeps them for ever. */
  readonly artifactsMs: number | null;
}

// Project by project, because that is how the index finds what ended.
const RUNS = `
  delete from agent_manager.runs where id = any (array(
    select r.id from agent_manager.projects p cross join lateral (
      select x.id from agent_manager.runs x
      where x.project_id = p.id and x.ended_at < clock_timestamp() - $1 * interval '1 ms'
      order by x.ended_at limit $2 for update skip locked
    ) r limit $2))`;

const REFERENCES = `
  delete from agent_manager.artifact_references where id = any (array(
    select r.id from agent_manager.artifact_references r where r.created_at < clock_timestamp() - $1 * interval '1 ms'
    order by r.created_at limit $2 for update skip locked)) returning sha256`;

// Locked first, so that whoever refers to the same bytes now has been seen, or waits and finds them gone.
const LOCK_BYTES = `
  select a.sha256 from agent_manager.artifacts a where a.sha256 = any ($1::bytea[]) order by a.sha256 for update`;

const BYTES = `
  delete from agent_manager.artifacts a where a.sha256 = any ($1::bytea[])
    and not exists (select from agent_manager.artifact_references r where r.sha256 = a.sha256)`;

/**
 * What the housekeeper removes here. What is known of work items stays: a row an item says that it is over, or which
 * attempts were met, to whatever message comes late.
 */
export function runChores({ runsMs, artifactsMs }: RunRetention): readonly Chore[] {
  const runs: Chore = {
    name: 'ended_runs',
    run: async (tx, limit) => (await tx.query(RUNS, [runsMs, limit])).rowCount ?? 0,
  };
  if (artifactsMs === null) return [runs];
  const artifacts: Chore = {
    name: 'artifacts',
    run: async (tx, limit) => {
      const { rows } = await tx.query<{ sha256: Buffer }>(REFERENCES, [artifactsMs, limit]);
      const digests = rows.map(({ sha256 }) => sha256);
      if (digests.length === 0) return 0;
      await tx.query(LOCK_BYTES, [digests]);
      await tx.query(BYTES, [digests]);
      return digests.length;
    },
  };
  return [runs, artifacts];
}
