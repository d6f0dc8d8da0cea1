import { missing, nameOf, outOfOrder, repeated, type Sighting } from './histories';
import type { JournalEntry } from './sample-load';

export interface StoredMark extends Sighting {
  /** Null for what is not in the journal: the probes that show that the service is back. */
  readonly marker: string | null;
}

/** All that is known when the load has ended and the service has caught up. */
export interface Evidence {
  readonly journal: readonly Pick<JournalEntry, 'marker' | 'acknowledged'>[];
  /** By (stream, version); streams that are not in it are not judged. */
  readonly stored: readonly StoredMark[];
  /** By partition and offset. */
  readonly published: readonly Sighting[];
  /** In the order of the consumer's writes. */
  readonly seen: readonly Sighting[];
}

/** Everything that must hold and does not, in words; empty when the system is sound. */
export function findingsIn({ journal, stored, published, seen }: Evidence): readonly string[] {
  const counts = new Map<string, number>();
  for (const { marker } of stored) if (marker !== null) counts.set(marker, (counts.get(marker) ?? 0) + 1);
  const lost = journal.filter(({ marker, acknowledged }) => acknowledged && !counts.has(marker));
  const twice = [...counts].filter(([, count]) => count > 1);
  const sent = new Set(journal.map(({ marker }) => marker));
  const ours = new Set(stored.map(({ stream }) => stream));
  const known = new Set(stored.map(nameOf));
  const publishedOfOurs = published.filter(({ stream }) => ours.has(stream));
  const seenOfOurs = seen.filter(({ stream }) => ours.has(stream));
  return [
    ...lost.map(({ marker }) => `acknowledged and not stored: ${marker}`),
    ...twice.map(([marker, count]) => `stored ${count} times: ${marker}`),
    ...[...counts.keys()].filter((marker) => !sent.has(marker)).map((marker) => `nobody sent: ${marker}`),
    ...outOfOrder(stored).map((what) => `gap in the store: ${what}`),
    ...missing(stored, published).map((name) => `not in Kafka: ${name}`),
    ...outOfOrder(publishedOfOurs).map((what) => `first seen out of order in Kafka: ${what}`),
    ...publishedOfOurs.filter((each) => !known.has(nameOf(each))).map((each) => `only in Kafka: ${nameOf(each)}`),
    ...missing(stored, seenOfOurs).map((name) => `no effect: ${name}`),
    ...repeated(seenOfOurs).map((name) => `took effect twice: ${name}`),
    ...outOfOrder(seenOfOurs).map((what) => `took effect out of order: ${what}`),
  ];
}
