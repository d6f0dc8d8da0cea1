import { idOf, type RecordedEvent, type StreamId } from '@codex/event-sourcing';
import type { InlineProjection } from '@codex/event-store-postgres';
import type { Sql } from '@codex/postgres';
import type { ProcessEvent } from './process-events';

const TYPES: ReadonlySet<ProcessEvent['type']> = new Set<ProcessEvent['type']>([
  'ProcessCompensationFailed',
  'ProcessStepStarted',
  'ProcessStepCompensated',
]);

const WRITE = `
with freed as (delete from process.stuck where process_id = any($1::uuid[]))
insert into process.stuck (process_id, tenant_id, since)
select * from unnest($2::uuid[], $3::text[], $4::timestamptz[]) on conflict (process_id) do nothing`;

/**
 * Keeps one row a process whose compensation failed, until somebody decides, in the transaction that stores its events.
 * Processes that are not being undone cost nothing.
 */
export const stuckProjection: InlineProjection = {
  types: TYPES,
  async apply(tx, events) {
    const last = new Map<StreamId, RecordedEvent<ProcessEvent>>();
    for (const event of events as readonly RecordedEvent<ProcessEvent>[]) {
      if (event.type !== 'ProcessStepStarted' || event.data.phase === 'undo') last.set(event.stream, event);
    }
    if (last.size === 0) return;
    const stuck = [...last.values()].filter(({ type }) => type === 'ProcessCompensationFailed');
    const freed = [...last.values()].filter(({ type }) => type !== 'ProcessCompensationFailed');
    await tx.query({
      name: 'process-stuck',
      text: WRITE,
      values: [
        freed.map(({ stream }) => idOf(stream)),
        stuck.map(({ stream }) => idOf(stream)),
        stuck.map(({ tenantId }) => tenantId),
        stuck.map(({ recordedAt }) => recordedAt),
      ],
    });
  },
};

/** How many processes wait for an operator to decide about a compensation that failed. */
export async function countStuck(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ count: number }>('select count(*)::int as count from process.stuck');
  return rows[0]!.count;
}
