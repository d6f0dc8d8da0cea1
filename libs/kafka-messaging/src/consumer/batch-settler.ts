import { ConsumerFenced } from '../inbox/inbox-errors';
import { HandlerFailed, type CommittedBatch, type Culprit, type OwnedItem } from './batch-transaction';
import { consequenceOf, kindOfFailure, type FailurePolicy } from './failure-policy';

/** What settling needs from its surroundings. */
export interface SettlerPorts {
  readonly policy: FailurePolicy;
  run(items: readonly OwnedItem[], culprit?: Culprit): Promise<CommittedBatch>;
  committed(items: readonly OwnedItem[], batch: CommittedBatch): void;
  /** True once nothing may be started any more: the assignment is void, or the consumer stops. */
  isOver(): boolean;
  fenced(): void;
  /**
   * Pauses the partitions and resolves after `waitMs`, or earlier when it is over. `culprit` is the message that can't be
   * handled now, once it is known.
   */
  wait(waitMs: number, failure: unknown, culprit: OwnedItem | null): Promise<void>;
  random(): number;
}

interface Part {
  readonly items: readonly OwnedItem[];
  readonly culprit?: Culprit;
}

/** So often a batch waits as a whole; then it is split until the message that holds it up stands alone. */
const WAITS_TOGETHER = 2;

/**
 * Brings a batch to an end, whatever it takes: committed as a whole, or in parts with the culprits parked. Waits as long
 * as the database is away, or what a message needs; what comes in front of that message is committed first. Returns early when it is over; what was not committed then is fetched again by whoever owns
 * the partitions.
 */
export async function settle(items: readonly OwnedItem[], ports: SettlerPorts): Promise<void> {
  const parts: Part[] = [{ items }];
  let failures = 0;
  let isSplitting = false;
  while (parts.length > 0 && !ports.isOver()) {
    const part = parts[0]!;
    try {
      const batch = await ports.run(part.items, part.culprit);
      ports.committed(part.items, batch);
      parts.shift();
      failures = 0;
    } catch (error) {
      if (error instanceof ConsumerFenced) return ports.fenced();
      failures++;
      const consequence = consequenceOf(failureKindOf(error), failures, {
        policy: ports.policy,
        random: ports.random(),
      });
      if (consequence.act === 'wait') {
        isSplitting ||= failures > WAITS_TOGETHER;
        const alone = isSplitting && error instanceof HandlerFailed ? standAlone(part, error) : null;
        if (alone !== null && alone.length > 1) parts.splice(0, 1, ...alone);
        else await ports.wait(consequence.waitMs, error, alone === null ? null : part.items[0]!);
      }
      if (consequence.act === 'park' && !(error instanceof HandlerFailed)) {
        await ports.wait(ports.policy.lastWaitMs, error, null);
      } else if (consequence.act === 'park') {
        parts.splice(0, 1, ...isolate(part, error as HandlerFailed));
        failures = 0;
      }
    }
  }
}

// Without a handler to blame no message is at fault, so nothing may be parked: the inbox's own statements are repeated.
function failureKindOf(error: unknown): ReturnType<typeof kindOfFailure> {
  if (error instanceof HandlerFailed) return kindOfFailure(error.cause);
  return kindOfFailure(error) === 'conflict' ? 'conflict' : 'transient';
}

/** Halves the messages that the handler was given; a single one is the culprit. Parts keep the order of offsets. */
function isolate(part: Part, failure: HandlerFailed): Part[] {
  const { items: delivered, cause } = failure;
  if (delivered.length === 1) {
    const reason = cause instanceof Error ? cause : new Error(String(cause));
    return [{ items: part.items, culprit: { item: delivered[0]!, reason } }];
  }
  return halves(part.items, delivered);
}

/** The same without parking: a single message ends up in a part of its own, which is as small as a part can be. */
function standAlone({ items }: Part, { items: delivered }: HandlerFailed): Part[] {
  if (delivered.length > 1) return halves(items, delivered);
  const at = items.indexOf(delivered[0]!);
  const parts = [items.slice(0, at), items.slice(at, at + 1), items.slice(at + 1)];
  return parts.filter((part) => part.length > 0).map((part) => ({ items: part }));
}

function halves(items: readonly OwnedItem[], delivered: readonly OwnedItem[]): Part[] {
  const cut = items.indexOf(delivered[delivered.length >> 1]!);
  return [{ items: items.slice(0, cut) }, { items: items.slice(cut) }];
}
