import { topicOf, type NotifySubscribers } from '@codex/contracts';
import { receivedCommand } from '@codex/event-sourcing';
import type { StoreTransaction } from '@codex/event-store-postgres';
import type { ConsumerDeclaration } from '@codex/kafka-messaging';
import { runNotifyCommands, type NotifyOptions } from '../application/notify-commands';
import { PostgresDeliveries } from '../persistence/postgres-deliveries';

/** Renaming the group decides every command of the topic again; known command ids are answered, not decided. */
export const NOTIFY_COMMANDS_GROUP = 'notification.commands';

/** Runs work in a transaction of this service's store. */
export interface Transactions {
  transaction<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
}

/** Takes the wish to tell the subscribers of an item. */
export function notifyCommandsConsumer(
  store: Transactions,
  options: NotifyOptions,
): ConsumerDeclaration<StoreTransaction> {
  return {
    group: NOTIFY_COMMANDS_GROUP,
    topics: [topicOf({ kind: 'command', type: 'NotifySubscribers' })],
    handles: new Set<NotifySubscribers['type']>(['NotifySubscribers']),
    guard: false,
    transaction: (work) => store.transaction(work),
    handle: (messages, tx) => {
      const now = new Date().toISOString();
      const commands = messages.map((message) => receivedCommand<NotifySubscribers>(message, now));
      return runNotifyCommands(commands, { store: tx, deliveries: new PostgresDeliveries(tx) }, options);
    },
  };
}
