import { readModels } from '../../apps/projector/src/projections/read-models';
import { deciders, readMessages, releasedIds, WITHOUT_DECIDER, type CorpusMessage } from './corpus';

const messages = readMessages();
const events = messages.filter(({ kind }) => kind === 'event');
const TENANT = '00000000-0000-7000-8000-00000000000a';

describe('every message version ever released', () => {
  it('is in the corpus, and read by today’s codec', () => {
    const known = new Set(messages.map(({ schemaId }) => schemaId));
    expect(releasedIds().filter((id) => !known.has(id))).toEqual([]);
    expect(messages.length).toBeGreaterThanOrEqual(2 * known.size);
  });

  it('is an event of a decider, unless nothing is decided on it', () => {
    const categories = new Set(events.map(({ category }) => category));
    expect([...categories].toSorted()).toEqual(
      [...deciders.map(({ category }) => category), ...WITHOUT_DECIDER].toSorted(),
    );
  });
});

describe.each(deciders.map((decider) => [decider.category, decider] as const))('the decider of %s', (category, own) => {
  const streams = events.filter((event) => event.category === category).map(frozen);

  it('folds each of its events, first and after each other one', () => {
    for (const first of streams) {
      const state = frozen(own.evolve(frozen(own.initialState()), first));
      expectState(state);
      for (const second of streams) expectState(own.evolve(state, second));
    }
  });

  it('folds all of them in a row', () => {
    expectState(streams.reduce<unknown>((state, event) => frozen(own.evolve(state, event)), own.initialState()));
  });
});

describe.each(readModels.map((projection) => [projection.name, projection] as const))('the projection %s', (_, own) => {
  const fed = events
    .filter(({ context }) => own.topics.includes(`${context}.events.v1`))
    .filter(({ category }) => own.category === null || category === own.category)
    .map((event, index) => frozen(projected(event, index + 1)));
  const columns = Object.keys(own.columns).toSorted();

  it('has events to take', () => {
    expect(fed.length).toBeGreaterThan(0);
  });

  it('gives whole rows for each of them, first and after each other one', () => {
    for (const first of fed) {
      if (own.kind === 'append') {
        for (const row of own.rowsOf(first)) expectRow(row, columns);
        continue;
      }
      expect(own.keyOf(first.stream)).not.toBe('');
      const row = frozen(own.evolve(null, first));
      expectRow(row, columns);
      for (const second of fed) expectRow(own.evolve(row, { ...second, version: first.version + 1 }), columns);
    }
  });
});

function projected({ type, category, context, data, schemaId }: CorpusMessage, version: number) {
  const ids = { id: `00000000-0000-7000-8000-${String(schemaId).padStart(12, '0')}`, tenantId: TENANT };
  const about = { topic: `${context}.events.v1`, type, stream: `${category}-${TENANT}`, version, data };
  return {
    ...{ ...ids, ...about, actor: 'corpus', correlationId: 'corpus', causationId: 'corpus' },
    recordedAt: '2026-01-01T00:00:00.000Z',
  };
}

/** A fold that reads a field which an older version lacks leaves undefined or NaN behind. */
function expectState(state: unknown): void {
  expect(holesIn(state, 'state')).toEqual([]);
}

function holesIn(value: unknown, path: string): string[] {
  if (value === undefined || Number.isNaN(value)) return [path];
  if (typeof value !== 'object' || value === null) return [];
  const inner = value instanceof Map ? [...value] : Object.entries(value);
  return inner.flatMap(([key, one]) => holesIn(one, `${path}.${String(key)}`));
}

/** Null, or every column present. */
function expectRow(row: object | null, columns: readonly string[]): void {
  if (row === null) return;
  expect(Object.keys(row).toSorted()).toEqual(columns);
  expectState(row);
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || value instanceof Map) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
