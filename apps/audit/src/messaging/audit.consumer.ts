import { topicCatalogue, type CommandReplied } from '@codex/contracts';
import type { ConsumedMessage, ConsumerDeclaration } from '@codex/kafka-messaging';
import { inTransaction } from '@codex/postgres';
import type { Pool } from 'pg';
import { recordMessages } from '../persistence/audit-sequencer';

/** Renaming this group would record every message of the past once more. */
const GROUP = 'audit.recorder';

/** Everything that can be an event or a refusal. */
export const recordedTopics: readonly string[] = topicCatalogue
  .filter(({ kind }) => kind !== 'command')
  .map(({ name }) => name);

/** Records every event and every refused command, exactly once, in the order in which they arrive. */
export function auditConsumer(pool: Pool, topics: readonly string[] = recordedTopics): ConsumerDeclaration {
  return {
    group: GROUP,
    topics,
    handles: 'all',
    guard: true,
    transaction: (work) => inTransaction(pool, work),
    handle: (messages, tx) => recordMessages(tx, messages.filter(isRecorded)),
  };
}

function isRecorded(message: ConsumedMessage): boolean {
  return message.kind === 'event' || (message.data as CommandReplied['data']).outcome === 'refused';
}
