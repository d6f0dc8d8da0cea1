import { topicOf } from '@codex/contracts';
import { receivedCommand, newId } from '@codex/event-sourcing';
import type { StoreTransaction } from '@codex/event-store-postgres';
import type { ConsumerDeclaration } from '@codex/kafka-messaging';
import type { CommandService } from '@codex/platform';
import { runQuotaCommands, type QuotaCommand } from '../application/quota-commands';

/** Renaming the group decides every command of the topic again; known command ids are answered, not decided. */
export const QUOTA_COMMANDS_GROUP = 'project.commands';

const types: readonly QuotaCommand['type'][] = ['AssignQuota', 'ReleaseQuota'];

/** Takes the quota commands of other services. */
export function quotaCommandsConsumer({
  store,
  cache,
}: Pick<CommandService, 'store' | 'cache'>): ConsumerDeclaration<StoreTransaction> {
  return {
    group: QUOTA_COMMANDS_GROUP,
    topics: [topicOf({ kind: 'command', type: 'AssignQuota', context: 'project' })],
    handles: new Set(types),
    guard: false,
    transaction: (work) => store.transaction(work),
    handle: (messages, tx) => {
      const now = new Date().toISOString();
      const commands = messages.map((message) => receivedCommand<QuotaCommand>(message, now));
      return runQuotaCommands(commands, tx, { cache, newId });
    },
  };
}
