import type { Sql } from '@codex/postgres';
import { generationGroup } from './generation';
import type { Projection } from './projection';
import { TopicNotFilled } from './projection-errors';

/** Whether a generation was fed from other topics before than those of its projection, which took their place. */
export async function hasLeftTopics(
  sql: Sql,
  { name, topics }: Pick<Projection, 'name' | 'topics'>,
  generation: number,
): Promise<boolean> {
  const { rows } = await sql.query<{ left: boolean }>(
    'select exists (select from inbox.offsets where consumer_group = $1 and topic <> all($2)) as left',
    [generationGroup(name, generation), topics],
  );
  return rows[0]!.left;
}

/**
 * Makes sure that two generations at equal offsets have read equally much of every stream. One that was fed from a topic
 * before may know more than the topic in its place holds so far. Throws {@link TopicNotFilled}.
 */
export async function requireEqualReach(
  sql: Sql,
  projection: string,
  { live, fresh }: { readonly live: number; readonly fresh: number },
): Promise<void> {
  const { rows } = await sql.query<{ stream: string }>(
    `select l.stream from inbox.guards l
       left join inbox.guards f on f.consumer_group = $2 and f.stream = l.stream
      where l.consumer_group = $1 and l.version > coalesce(f.version, 0)
        and not exists (select from inbox.parked_streams p
          where p.consumer_group in ($1, $2) and p.stream = l.stream) limit 1`,
    [generationGroup(projection, live), generationGroup(projection, fresh)],
  );
  if (rows.length > 0) throw new TopicNotFilled(projection, rows[0]!.stream);
}
