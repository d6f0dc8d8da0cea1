import { idOf, type RecordedEvent, type StreamId } from '@codex/event-sourcing';
import type { InlineProjection } from '@codex/event-store-postgres';
import type { ProcessEvent } from './process-events';
import { deadlineAfter } from './process-state';

const TYPES: ReadonlySet<ProcessEvent['type']> = new Set<ProcessEvent['type']>([
  'ProcessStepStarted',
  'ProcessStepSucceeded',
  'ProcessStepCompensated',
  'ProcessCompensationFailed',
  'ProcessCompleted',
  'ProcessCompensated',
]);

const WRITE = `
with cleared as (delete from process.deadlines where process_id = any($1::uuid[]))
insert into process.deadlines (process_id, due_at, tenant_id, actor, correlation_id, traceparent)
select * from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[])
on conflict (process_id) do update set due_at = excluded.due_at, actor = excluded.actor, traceparent = excluded.traceparent`;

/**
 * Keeps one row a process that has to be looked at again, in the transaction that stores the process's events, so that no
 * crash can leave a process without its deadline. One statement a batch.
 */
export const deadlinesProjection: InlineProjection = {
  types: TYPES,
  async apply(tx, events) {
    const last = lastDeadlines(events as readonly RecordedEvent<ProcessEvent>[]);
    const set = last.filter(({ dueAt }) => dueAt !== null);
    await tx.query({
      name: 'process-deadlines',
      text: WRITE,
      values: [
        last.filter(({ dueAt }) => dueAt === null).map(({ event }) => idOf(event.stream)),
        set.map(({ event }) => idOf(event.stream)),
        set.map(({ dueAt }) => dueAt),
        set.map(({ event }) => event.tenantId),
        set.map(({ event }) => event.metadata.actor),
        set.map(({ event }) => event.metadata.correlationId),
        set.map(({ event }) => event.metadata.traceparent ?? null),
      ],
    });
  },
};

interface LastDeadline {
  readonly event: RecordedEvent<ProcessEvent>;
  readonly dueAt: string | null;
}

function lastDeadlines(events: readonly RecordedEvent<ProcessEvent>[]): readonly LastDeadline[] {
  const last = new Map<StreamId, LastDeadline>();
  for (const event of events) {
    const dueAt = deadlineAfter(event);
    if (dueAt !== undefined) last.set(event.stream, { event, dueAt });
  }
  return [...last.values()];
}
