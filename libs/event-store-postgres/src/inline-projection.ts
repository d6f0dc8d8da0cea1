import type { AppendRequest, RecordedEvent } from '@codex/event-sourcing';
import type { Sql } from '@codex/postgres';

/**
 * Rows that must never be behind the events: written in the appending transaction, for all events of the batch at once.
 * Keep it to one set-based statement, because every command waits for it. An error fails the append that caused it.
 */
export interface InlineProjection {
  readonly types: ReadonlySet<string>;
  apply(tx: Sql, events: readonly RecordedEvent[]): Promise<void>;
}

/** True when one of the projections wants an event of these requests. */
export function isWanted(projections: readonly InlineProjection[], requests: readonly AppendRequest[]): boolean {
  return projections.some(({ types }) =>
    requests.some(({ streams }) => streams.some(({ events }) => events.some(({ type }) => types.has(type)))),
  );
}

/** Feeds each projection its events, in the order of the requests; of one stream the versions ascend. */
export async function applyInline(
  tx: Sql,
  projections: readonly InlineProjection[],
  events: readonly RecordedEvent[],
): Promise<void> {
  for (const projection of projections) {
    const wanted = events.filter((event) => projection.types.has(event.type));
    if (wanted.length > 0) await projection.apply(tx, wanted);
  }
}

/** The events of a request as they were recorded. */
export function recordedEvents(request: AppendRequest, recordedAt: Date): readonly RecordedEvent[] {
  const at = recordedAt.toISOString();
  return request.streams.flatMap(({ stream, tenantId, expectedVersion, events }) =>
    events.map((event, index) => ({
      ...event,
      stream,
      tenantId,
      version: expectedVersion + index + 1,
      recordedAt: at,
    })),
  );
}
