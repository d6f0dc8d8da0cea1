import type { NotifySubscribers } from '@codex/contracts';
import {
  runCommandBatch,
  streamId,
  type BatchTransaction,
  type DomainEvent,
  type ReceivedCommand,
  type StateCache,
} from '@codex/event-sourcing';
import { notificationDecider } from '../domain/notification.decider';
import type { Deliveries, NewDelivery } from './deliveries';

/** The type of the webhook, in its payload. */
export const WORK_ITEM_CREATED = 'work-item.created';

/** Where a batch reads and writes: both in one transaction. */
export interface NotifyTransaction {
  readonly store: BatchTransaction;
  readonly deliveries: Deliveries;
}

/** What deciding needs besides the transaction. */
export interface NotifyOptions {
  readonly cache: StateCache;
  readonly newId: () => string;
  /** Called after a commit that queued deliveries. */
  readonly deliveriesAdded: () => void;
}

/**
 * Queues one delivery for every subscriber of the items and answers each command with a reply; no subscriber is fine too.
 * All of it is stored with `tx`. Resolves with what must be called after the commit.
 */
export async function runNotifyCommands(
  commands: readonly ReceivedCommand<NotifySubscribers>[],
  tx: NotifyTransaction,
  options: NotifyOptions,
): Promise<() => void> {
  const added: NewDelivery[] = [];
  const committed = await runCommandBatch(commands, tx.store, {
    ...options,
    subjectOf: ({ data: { workItemId, projectId, processId } }) => ({ workItemId, projectId, processId }),
    prepare: async (unit, unknown) => {
      await unit.load(notificationDecider, unknown.map(streamOf));
      const subscribers = await tx.deliveries.subscribersOf(
        unknown.map(({ data, metadata }) => ({ ...data, tenantId: metadata.tenantId })),
      );
      return (command): readonly DomainEvent[] => {
        const { workItemId, projectId, processId } = command.data;
        const told = new Set(
          subscribers.filter((s) => s.workItemId === workItemId).map(({ subscriptionId }) => subscriptionId),
        );
        const data = { workItemId, projectId, processId, subscribers: told.size };
        const queue = { type: 'QueueNotifications', data, metadata: command.metadata } as const;
        const events = unit.decide(notificationDecider, streamOf(command), queue);
        if (events.length > 0) added.push(...[...told].map((id) => deliveryOf(command, id, options.newId())));
        return events;
      };
    },
  });
  await tx.deliveries.add(added);
  return () => {
    committed();
    if (added.length > 0) options.deliveriesAdded();
  };
}

function deliveryOf({ data, metadata }: NotifySubscribers, subscriptionId: string, deliveryId: string): NewDelivery {
  const { workItemId, projectId, title } = data;
  const { tenantId, correlationId, traceparent = null } = metadata;
  const eventType = WORK_ITEM_CREATED;
  return { deliveryId, tenantId, subscriptionId, workItemId, projectId, eventType, title, correlationId, traceparent };
}

function streamOf({ data }: NotifySubscribers): string {
  return streamId(notificationDecider.category, data.workItemId);
}
