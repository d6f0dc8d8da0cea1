import type { Sql } from '@codex/postgres';

/**
 * `building` is filled beside the live one, `live` is what queries read, `previous` was live before and is still fed,
 * `rejected` is kept to be looked at and fed no more: it came out of a rebuild unequal, or its log is gone.
 */
export type GenerationState = 'building' | 'live' | 'previous' | 'rejected';

/** A set of tables of one projection. `fenced` and `paused` generations are not fed. */
export interface Generation {
  readonly projection: string;
  readonly generation: number;
  readonly state: GenerationState;
  readonly definitionVersion: number;
  /** A rebuild holds it still to compare. */
  readonly fenced: boolean;
  /** An operator holds it still. */
  readonly paused: boolean;
}

/**
 * Consumer group of a generation, also the owner of its guards and offsets. Renaming it makes every read model start
 * again from the beginning of its topics.
 */
export function generationGroup(projection: string, generation: number): string {
  return `projector.${projection}.g${generation}`;
}

const SELECT = `select projection, generation, state, definition_version as "definitionVersion", fenced, paused
  from projections.generations`;

/** Every generation of every projection. */
export async function readGenerations(sql: Sql): Promise<readonly Generation[]> {
  return (await sql.query<Generation>(`${SELECT} order by projection, generation`)).rows;
}

/** The generations of one projection, the newest first. */
export async function generationsOf(sql: Sql, projection: string): Promise<readonly Generation[]> {
  return (await sql.query<Generation>(`${SELECT} where projection = $1 order by generation desc`, [projection])).rows;
}

/** Holds off fences and pauses until the transaction ends. False when the generation must not be fed. */
export async function feedable(tx: Sql, projection: string, generation: number): Promise<boolean> {
  const { rows } = await tx.query<{ still: boolean }>({
    name: 'generation_feedable',
    text: 'select fenced or paused as still from projections.generations where projection = $1 and generation = $2 for share',
    values: [projection, generation],
  });
  return rows[0]?.still === false;
}
