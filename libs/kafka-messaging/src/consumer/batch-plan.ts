import { Poison } from '@codex/event-sourcing';

import type { ConsumedMessage } from '../record/consumed-message';
import { isPassedOver, type BatchItem } from './batch-item';
import { judgeEra, type BegunEras } from './source-eras';

/** The last event of a stream that a group has dealt with. */
export interface Guard {
  readonly version: number;
  readonly eventId: string;
}

/** What the inbox knows of the entities of a batch. Parked entities are named by {@link parkingKey}. */
export interface InboxState {
  readonly guards: ReadonlyMap<string, Guard>;
  readonly parked: ReadonlySet<string>;
}

export interface PlanRules {
  readonly guard: boolean;
  wants(type: string): boolean;
}

/** What is done with a batch, all of it in one transaction. */
export interface BatchPlan<Item extends BatchItem = BatchItem> {
  /** For the handler, in order; `deliveredItems` are the same ones. */
  readonly deliver: readonly ConsumedMessage[];
  readonly deliveredItems: readonly Item[];
  /** Only streams whose guard moves. */
  readonly guards: ReadonlyMap<string, Guard>;
  readonly park: readonly { readonly item: Item; readonly failure: Error }[];
  /** Partitions with a source that is new or began an era. */
  readonly eras: ReadonlyMap<Item['partition'], ReadonlyMap<string, number>>;
  /** They wait behind a parked message of their entity. */
  readonly queue: readonly Item[];
}

export function parkingKey(topic: string, entity: string): string {
  return `${topic}\n${entity}`;
}

/**
 * Decides on every item, in order: the next version of its stream is applied, an older one (or the same event again)
 * is skipped, a gap, another event under the same version or one of an era that is over parks the entity, and what follows a parked item queues
 * behind it. `culprit` is an item that is known to fail; it is parked with `reason`.
 */
export function planBatch<Item extends BatchItem>(
  items: readonly Item[],
  state: InboxState,
  { rules, culprit }: { readonly rules: PlanRules; readonly culprit?: { readonly item: Item; readonly reason: Error } },
): BatchPlan<Item> {
  const parked = new Set(state.parked);
  const guards = new Map<string, Guard>();
  const eras: BegunEras<Item['partition']> = new Map();
  const plan = { deliver: [] as ConsumedMessage[], deliveredItems: [] as Item[], guards, eras, queue: [] as Item[] };
  const park: { item: Item; failure: Error }[] = [];
  for (const item of items) {
    if (isPassedOver(item)) continue;
    const { message } = item;
    const guarded = rules.guard && message?.kind === 'event';
    const guard = guarded ? (guards.get(message.stream) ?? state.guards.get(message.stream)) : undefined;
    if (guarded && isSeen(message, guard)) continue;
    const key = parkingKey(item.partition.topic, item.entity);
    if (parked.has(key)) {
      plan.queue.push(item);
      continue;
    }
    const failure =
      item.failure ??
      (item === culprit?.item
        ? culprit.reason
        : guarded
          ? (versionFailure(message, guard) ?? judgeEra(item, eras))
          : null);
    if (failure !== null) {
      parked.add(key);
      park.push({ item, failure });
      continue;
    }
    if (guarded) guards.set(message.stream, { version: message.version!, eventId: message.id });
    if (rules.wants(message!.type)) {
      plan.deliver.push(message!);
      plan.deliveredItems.push(item);
    }
  }
  return { ...plan, park };
}

function isSeen(message: ConsumedMessage, guard: Guard | undefined): boolean {
  if (guard === undefined) return false;
  return message.version! < guard.version || (message.version === guard.version && message.id === guard.eventId);
}

function versionFailure(message: ConsumedMessage, guard: Guard | undefined): Error | null {
  const last = guard?.version ?? 0;
  if (message.version === last + 1) return null;
  if (message.version === last) {
    return new Poison('VERSION_REUSED', `version ${last} of ${message.stream} was ${guard!.eventId} before`);
  }
  return new Poison('VERSION_GAP', `version ${message.version} of ${message.stream} follows version ${last}`);
}
