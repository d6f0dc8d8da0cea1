import type { Chore } from '@codex/postgres';

/** How long an inbox keeps what was dealt with. */
export interface InboxRetention {
  /** Dead letters that were redriven with success, from their last failure on. */
  readonly redrivenMs: number;
}

const REDRIVEN = `
  delete from inbox.dead_letters where id = any (array(
    select d.id from inbox.dead_letters d
    where d.status = 'redriven' and d.last_at < clock_timestamp() - $1 * interval '1 ms'
      and not exists (select from inbox.parked_streams s where s.dead_letter_id = d.id)
    limit $2 for update of d skip locked))`;

/**
 * What a housekeeper does in the schema `inbox`. Discarded dead letters stay, as the only trace of what was given up. So
 * do the guards of streams that ended long ago: without one a topic that is read again from its start would take effect
 * twice or park, and a stream that goes on after all would have a gap.
 */
export function inboxChores({ redrivenMs }: InboxRetention): readonly Chore[] {
  return [
    {
      name: 'redriven_dead_letters',
      run: async (tx, limit) => (await tx.query(REDRIVEN, [redrivenMs, limit])).rowCount ?? 0,
    },
  ];
}
