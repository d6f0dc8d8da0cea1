import { Poison } from '@codex/event-sourcing';

import type { ConsumedMessage } from '../record/consumed-message';

/**
 * The highest era of each source (`ce_source`) that took effect from one partition. Several services may publish on one
 * topic, and each has eras of its own. Under {@link ANY_SOURCE} stands what holds for sources that are not named.
 */
export type SourceEras = ReadonlyMap<string, number>;

/** Rows of before eras were kept by source: what was known of the partition holds for each of its sources. */
export const ANY_SOURCE = '';

/** The eras that a batch began, by partition and source; empty unless a source is new or began an era. */
export type BegunEras<Partition> = Map<Partition, Map<string, number>>;

/** A message, and what is known of the partition it came from; without `eras` they are not checked. */
interface Sighting {
  readonly message: ConsumedMessage | null;
  readonly partition: { readonly eras?: SourceEras };
}

/**
 * First sightings of a source come in the order of its eras. A new version of an older era comes from a database that was
 * given up. Null when the event is fine; then its era counts from here on, and is put into `begun` if it is new.
 */
export function judgeEra<Item extends Sighting>(
  { message, partition }: Item,
  begun: BegunEras<Item['partition']>,
): Error | null {
  const { eras } = partition;
  if (eras === undefined || message?.sourceEra === undefined) return null;
  const { source = ANY_SOURCE, sourceEra: era } = message;
  const current = begun.get(partition)?.get(source) ?? eras.get(source) ?? eras.get(ANY_SOURCE) ?? 0;
  if (era < current) return eraBehind(message, current);
  if (era > current) begin(begun, partition, { source, era });
  return null;
}

function begin<Partition>(
  begun: BegunEras<Partition>,
  partition: Partition,
  { source, era }: { readonly source: string; readonly era: number },
): void {
  const known = begun.get(partition);
  if (known === undefined) begun.set(partition, new Map([[source, era]]));
  else known.set(source, era);
}

function eraBehind({ version, stream, sourceEra, source }: ConsumedMessage, current: number): Error {
  const event = `version ${version} of ${stream}`;
  const text = `${event} is of era ${sourceEra}, but its source ${source ?? 'without a name'} is in era ${current} already`;
  return new Poison('SOURCE_ERA_BEHIND', text);
}
