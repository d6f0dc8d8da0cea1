import { CodedError } from '@codex/event-sourcing';
import { Problem, type Caller } from '@codex/platform';
import { decodeLiveCursor } from '../live/live-cursor';
import type { LiveFeed } from '../live/live-feed';
import type { LiveFilter } from '../live/live-filter';
import type { EndReason, LiveDelivery, LiveSubscription } from '../live/live-subscription';
import { optionalIdOf, textOf } from './arguments';

/** What the resolvers of subscriptions get. */
export interface SubscriptionContext {
  readonly caller: Caller;
  readonly feed: LiveFeed;
}

interface Arguments {
  readonly projectId?: string | null;
  readonly workItemId?: string | null;
  readonly runId?: string | null;
  readonly after?: string | null;
}

/** What a subscription yields: an event, or why there will be none. */
type Item = LiveDelivery | { readonly ended: EndReason };

/** The service ended the subscription; the client goes on with the last cursor it saw. */
class StreamEnded extends CodedError {
  readonly kind = 'transient';

  constructor(readonly code: EndReason) {
    super('the subscription was ended; subscribe again after the last cursor');
  }
}

/** One field of the type Subscription: all events of one type. */
function eventsOf(type: string) {
  return {
    async subscribe(_root: unknown, args: Arguments, context: SubscriptionContext): Promise<AsyncIterable<Item>> {
      const { caller, feed } = context;
      const after = textOf(args.after, 'after');
      return iterate(
        await feed.subscribe({
          caller: `${caller.tenantId}/${caller.actor}`,
          filter: filterOf(type, args, caller),
          after: after === undefined ? undefined : decodeLiveCursor(after),
        }),
      );
    },
    resolve(item: Item): object {
      if ('ended' in item)
        throw item.ended === 'CURSOR_EXPIRED' ? new Problem(item.ended) : new StreamEnded(item.ended);
      const { data, ...about } = item.event.view!;
      return { ...data, ...about, cursor: item.cursor };
    },
  };
}

/** The fields of the type Subscription, with how each is subscribed to and resolved. */
export const subscriptions = {
  workItemStateChanged: eventsOf('WorkItemStateChanged'),
  runProgressed: eventsOf('RunProgressed'),
};

function filterOf(type: string, args: Arguments, { tenantId }: Caller): LiveFilter {
  const projectId = optionalIdOf(args.projectId, 'projectId');
  const workItemId = optionalIdOf(args.workItemId, 'workItemId');
  return { tenantId, types: new Set([type]), projectId, workItemId, runId: optionalIdOf(args.runId, 'runId') };
}

/** `return` ends the subscription at once, also while `next` waits for an event that may never come. */
function iterate(subscription: LiveSubscription): AsyncIterableIterator<Item> {
  const ready: Item[] = [];
  let finished = false;
  return {
    async next() {
      if (ready.length === 0 && !finished) ready.push(...(await subscription.next()));
      const item = ready.shift();
      if (item !== undefined) return { done: false, value: item };
      const { ended } = subscription;
      if (finished || ended === null || ended === 'CLIENT_LEFT') return { done: true, value: undefined };
      finished = true;
      return { done: false, value: { ended } };
    },
    async return() {
      finished = true;
      subscription.end('CLIENT_LEFT');
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
