import type { Artifact } from '@codex/contracts';
import type { Sql } from '@codex/postgres';
import type { RunFacts } from './run-row';

/** An artifact with its bytes, on its way into the store. */
export type StoredArtifact = Artifact & { readonly content: Buffer };

/**
 * Stores bytes under their digest, once however often they come, and a reference for each artifact of the run. In id
 * order of the digests, so that two runs with the same files do not lock each other out. Bytes that are there already are
 * locked, so that nobody removes them as unused before the reference is stored.
 */
export async function saveArtifacts(tx: Sql, run: RunFacts, artifacts: readonly StoredArtifact[]): Promise<void> {
  if (artifacts.length === 0) return;
  const bytes = new Map(artifacts.map((artifact) => [artifact.sha256, artifact.content]));
  const digests = [...bytes.keys()].sort();
  await tx.query(
    `insert into agent_manager.artifacts (sha256, bytes)
      select * from unnest($1::bytea[], $2::bytea[]) on conflict (sha256) do update
        set bytes = coalesce(artifacts.bytes, excluded.bytes)`,
    [digests.map((digest) => Buffer.from(digest, 'hex')), digests.map((digest) => bytes.get(digest)!)],
  );
  await refer(tx, { ...run, recordedAt: null }, artifacts);
}

/** Keeps that a run left artifacts whose bytes are gone; until somebody brings the same bytes, that is all there is. */
export async function saveLostArtifacts(
  tx: Sql,
  run: RunOfArtifacts & {
    readonly artifacts: readonly Artifact[];
    readonly recordedAt: string;
  },
): Promise<void> {
  const { artifacts } = run;
  if (artifacts.length === 0) return;
  await tx.query(
    'insert into agent_manager.artifacts (sha256) select distinct * from unnest($1::bytea[]) on conflict do nothing',
    [artifacts.map(({ sha256 }) => Buffer.from(sha256, 'hex'))],
  );
  await refer(tx, run, artifacts);
}

type RunOfArtifacts = Pick<RunFacts, 'tenantId' | 'workItemId' | 'runId'>;

/** Says that the run left these artifacts, at that time or now. */
async function refer(
  tx: Sql,
  run: RunOfArtifacts & { readonly recordedAt: string | null },
  artifacts: readonly Artifact[],
): Promise<void> {
  await tx.query(
    `insert into agent_manager.artifact_references (id, tenant_id, work_item_id, run_id, created_at, name, media_type, size, sha256)
      select a.id, $1, $2, $3, coalesce($4, clock_timestamp()), a.name, a.media_type, a.size, a.sha256
      from unnest($5::uuid[], $6::text[], $7::text[], $8::bigint[], $9::bytea[]) as a(id, name, media_type, size, sha256)`,
    [
      run.tenantId,
      run.workItemId,
      run.runId,
      run.recordedAt,
      artifacts.map((artifact) => artifact.id),
      artifacts.map((artifact) => artifact.name),
      artifacts.map((artifact) => artifact.mediaType),
      artifacts.map((artifact) => artifact.bytes),
      artifacts.map((artifact) => Buffer.from(artifact.sha256, 'hex')),
    ],
  );
}

/**
 * The bytes of an artifact of a work item, null when they were lost with a database; null when the tenant has no such
 * artifact there.
 */
export async function readArtifact(
  sql: Sql,
  place: { readonly tenantId: string; readonly workItemId: string; readonly artifactId: string },
): Promise<{
  readonly name: string;
  readonly mediaType: string;
  readonly sha256: string;
  readonly content: Buffer | null;
} | null> {
  const { rows } = await sql.query<{ name: string; media_type: string; sha256: Buffer; bytes: Buffer | null }>({
    name: 'read-artifact',
    text: `select r.name, r.media_type, r.sha256, a.bytes
      from agent_manager.artifact_references r join agent_manager.artifacts a on a.sha256 = r.sha256
      where r.id = $3 and r.tenant_id = $1 and r.work_item_id = $2`,
    values: [place.tenantId, place.workItemId, place.artifactId],
  });
  const [row] = rows;
  return row === undefined
    ? null
    : { name: row.name, mediaType: row.media_type, sha256: row.sha256.toString('hex'), content: row.bytes };
}
