import type { FetchedRecord, KafkaDriver } from '@codex/kafka-messaging';
import { Header, headerText } from '@codex/kafka-messaging';
import { eventually } from '@codex/testing';
import { randomUUID } from 'node:crypto';

/** One version of a stream, as it was stored, published or seen. */
export interface Sighting {
  readonly stream: string;
  readonly version: number;
}

export function nameOf({ stream, version }: Sighting): string {
  return `${stream}@${version}`;
}

/** The sightings that are the first of their version, in the order given. */
export function firstSightings(sightings: readonly Sighting[]): readonly Sighting[] {
  const seen = new Set<string>();
  return sightings.filter((each) => !seen.has(nameOf(each)) && seen.add(nameOf(each)));
}

/** The versions that were first seen when another one than the one in front of them had been seen last. */
export function outOfOrder(sightings: readonly Sighting[]): readonly string[] {
  const last = new Map<string, number>();
  return firstSightings(sightings).flatMap((each) => {
    const expected = (last.get(each.stream) ?? 0) + 1;
    last.set(each.stream, each.version);
    return each.version === expected ? [] : [`${nameOf(each)} where version ${expected} was due`];
  });
}

/** What was stored and never seen. */
export function missing(stored: readonly Sighting[], seen: readonly Sighting[]): readonly string[] {
  const names = new Set(seen.map(nameOf));
  return stored.map(nameOf).filter((name) => !names.has(name));
}

/** What was seen more than once. */
export function repeated(seen: readonly Sighting[]): readonly string[] {
  const names = seen.map(nameOf);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

export interface PublishedEvent extends Sighting {
  readonly partition: number;
}

/** Every event of a topic, from offset 0 to the present end, partition by partition. */
export async function publishedOn(driver: KafkaDriver, topic: string): Promise<readonly PublishedEvent[]> {
  const admin = driver.admin();
  const ends = await admin.offsets(topic).finally(() => admin.close());
  const open = new Map(ends.filter(({ latest }) => latest > 0).map(({ partition, latest }) => [partition, latest]));
  const found = new Map<number, PublishedEvent[]>();
  const consumer = driver.consumer({ group: `fault-evidence.${randomUUID()}`, topics: [topic] });
  consumer.start({
    onAssigned: () => found.clear(),
    onRevoked: () => undefined,
    onFetch: () => undefined,
    onFailure: () => undefined,
    onBatch: async ({ partition, records, nextPosition }) => {
      const events = records.flatMap((record) => eventOf(record, partition));
      found.set(partition, [...(found.get(partition) ?? []), ...events]);
      if (nextPosition >= (open.get(partition) ?? 0)) open.delete(partition);
      return true;
    },
  });
  try {
    await eventually(() => open.size === 0, { timeoutMs: 30_000, description: `reading all of ${topic}` });
  } finally {
    await consumer.stop();
  }
  return [...found.values()].flat();
}

function eventOf({ headers }: FetchedRecord, partition: number): PublishedEvent[] {
  const [stream, version] = [headerText(headers, Header.subject), headerText(headers, Header.streamVersion)];
  return stream === undefined || version === undefined ? [] : [{ stream, version: Number(version), partition }];
}
