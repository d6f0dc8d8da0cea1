import { topicOf } from '@codex/contracts';
import { receivedCommand } from '@codex/event-sourcing';
import type { StoreTransaction } from '@codex/event-store-postgres';
import type { ConsumedMessage, ConsumerDeclaration } from '@codex/kafka-messaging';
import { runSchedulingBatch, type SchedulingOptions } from '../application/scheduling-batch';
import {
  handledTypes,
  type SchedulingCommand,
  type SchedulingFact,
  type SchedulingInput,
} from '../application/scheduling-messages';
import { PostgresSchedulingRows } from '../persistence/postgres-scheduling-rows';

/** Renaming the group replays all three topics from the beginning; known commands and stale facts then change nothing. */
export const SCHEDULING_GROUP = 'scheduler.scheduling';

/** Runs work in a transaction of the scheduler's store. */
export interface Transactions {
  transaction<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
}

/**
 * Commands to tasks and facts about their items and runs. One group for all three topics, so that one process decides about
 * them in one transaction at a time and does not compete with itself.
 */
export function schedulingConsumer(
  store: Transactions,
  options: SchedulingOptions,
): ConsumerDeclaration<StoreTransaction> {
  return {
    group: SCHEDULING_GROUP,
    topics: [
      topicOf({ kind: 'command', type: 'ScheduleWorkItem' }),
      topicOf({ kind: 'event', type: 'WorkItemStateChanged' }),
      topicOf({ kind: 'event', type: 'RunFailed' }),
    ],
    categories: ['Task', 'WorkItem', 'Run'],
    handles: handledTypes,
    guard: true,
    transaction: (work) => store.transaction(work),
    handle: (messages, tx) => {
      const now = options.now();
      const inputs = messages.map((message) => inputOf(message, now));
      return runSchedulingBatch(inputs, { store: tx, rows: new PostgresSchedulingRows(tx) }, options);
    },
  };
}

function inputOf(message: ConsumedMessage, now: string): SchedulingInput {
  if (message.kind === 'command') {
    return { kind: 'command', command: receivedCommand<SchedulingCommand>(message, now) };
  }
  const fact = { type: message.type, data: message.data } as SchedulingFact;
  return { kind: 'fact', fact, message };
}
