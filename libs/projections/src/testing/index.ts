import type { FoldProjection, ProjectedEvent, Row } from '../projection';

/**
 * `givenRows(projection).when(events).then(row)`: folds events, deep-frozen, from nothing and compares the whole row.
 * Every event is folded on a frozen row, so a fold that mutates its input fails.
 */
export function projecting(projection: FoldProjection) {
  return {
    when: (...events: readonly ProjectedEvent[]) => {
      const row = events.reduce<Row | null>(
        (current, event) => deepFreeze(projection.evolve(current, deepFreeze(event))),
        null,
      );
      return {
        // oxlint-disable-next-line unicorn/no-thenable -- the sentence reads given, when, then; nobody awaits it
        then: (expected: Row | null) => {
          expect(row).toStrictEqual(expected);
        },
      };
    },
  };
}

/** An event with plausible metadata for projection specs; the n-th of a stream has `version` n. */
export function projected<Data>(type: string, stream: string, version: number, data: Data): ProjectedEvent<Data> {
  return {
    id: `00000000-0000-7000-8000-${String(version).padStart(12, '0')}`,
    type,
    stream,
    version,
    tenantId: '00000000-0000-7000-8000-00000000000a',
    actor: 'spec-actor',
    correlationId: 'spec-correlation',
    causationId: 'spec-causation',
    recordedAt: `2026-01-01T00:00:${String(version % 60).padStart(2, '0')}.000Z`,
    data,
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
