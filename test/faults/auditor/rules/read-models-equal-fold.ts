import { topicOf } from '@codex/contracts';
import type { FoldProjection, ProjectedEvent, Projection } from '@codex/projections';
import { eventsByStream, type Evidence, type ReadModelRows, type StoredEvent } from '../evidence';
import type { Finding } from '../finding';

const rule = 'read-models-equal-fold';
type Rows = ReadonlyMap<string, string>;

/** Every read model is the fold of the event stores, row by row; the folds are the projections' own. */
export function* readModelsEqualFold(evidence: Evidence): Iterable<Finding> {
  const streams = eventsByStream(evidence);
  for (const model of evidence.readModels) {
    const { projection } = model;
    const wanted = byKey(projection, foldAll(projection, streams));
    yield* differences(projection.name, wanted, byKey(projection, model.rows));
  }
}

function foldAll(projection: Projection, streams: ReadonlyMap<string, readonly StoredEvent[]>): ReadModelRows['rows'] {
  return [...streams].flatMap(([stream, events]) => {
    if (projection.category !== null && !stream.startsWith(`${projection.category}-`)) return [];
    const isRead = ({ type }: StoredEvent): boolean => projection.topics.includes(topicOf({ kind: 'event', type }));
    const seen = events.filter(isRead).map(projected);
    if (projection.kind === 'append') return seen.flatMap((event) => projection.rowsOf(event));
    const row = seen.reduce<ReturnType<FoldProjection['evolve']>>(
      (last, event) => projection.evolve(last, event),
      null,
    );
    return row === null ? [] : [row];
  });
}

function projected({ stream, version, tenantId, type, metadata, recordedAt, data }: StoredEvent): ProjectedEvent {
  const { messageId: id, actor, correlationId, causationId } = metadata;
  return { id, type, stream, version, tenantId, actor, correlationId, causationId, recordedAt, data };
}

function* differences(name: string, wanted: Rows, seen: Rows): Iterable<Finding> {
  for (const key of new Set([...wanted.keys(), ...seen.keys()])) {
    const [expected, found] = [wanted.get(key) ?? 'no row', seen.get(key) ?? 'no row'];
    if (expected !== found) yield { rule, about: `${name} ${key}`, ...excerpt(expected, found) };
  }
}

/** The texts from where they begin to differ. */
function excerpt(expected: string, seen: string): { readonly expected: string; readonly seen: string } {
  let from = 0;
  while (from < expected.length && expected[from] === seen[from]) from++;
  const start = Math.max(0, from - 30);
  const cut = (text: string): string => `…${text.slice(start, start + 120)}`;
  return start === 0
    ? { expected: expected.slice(0, 120), seen: seen.slice(0, 120) }
    : { expected: cut(expected), seen: cut(seen) };
}

function byKey({ key, columns }: Projection, rows: ReadModelRows['rows']): Rows {
  const fields = Object.keys(columns);
  const text = (row: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(fields.map((field) => comparable(row[field], columns[field]!)));
  return new Map(rows.map((row) => [key.map((field) => String(row[field])).join('/'), text(row)]));
}

/** Times at the precision that queries show, objects whatever the order of their fields. */
function comparable(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null;
  if (type === 'timestamptz') return new Date(value as string).toISOString();
  if (type === 'integer' || type === 'bigint' || type === 'double precision') return Number(value);
  return sorted(value);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, sorted(field)]),
  );
}
