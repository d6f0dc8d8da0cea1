import type { CommandRepliedData } from '@codex/contracts';
import { UnitOfWork, type StateCache } from '@codex/event-sourcing';
import type { PostgresEventStore, StoreTransaction } from '@codex/event-store-postgres';
import type { ConsumedMessage, ConsumerDeclaration } from '@codex/kafka-messaging';
import type { ProcessRunner, ReplyMessage } from '@codex/process-manager';
import { metadataOfMessage } from './message-metadata';

/** Renaming it replays every reply there is; that changes nothing, and takes long. */
export const PROCESS_GROUP = 'work-item.processes';

export interface MessagingParts {
  readonly store: Pick<PostgresEventStore, 'transaction'>;
  readonly cache: StateCache;
  readonly newId: () => string;
  readonly now: () => Date;
}

/** Answers to the commands of processes. A batch costs two reads and one append, however many processes it moves. */
export function processRepliesConsumer(
  parts: MessagingParts & { readonly processes: ProcessRunner },
): ConsumerDeclaration<StoreTransaction> {
  return {
    group: PROCESS_GROUP,
    topics: ['project.replies.v1', 'scheduler.replies.v1', 'notification.replies.v1'],
    handles: new Set(['CommandReplied']),
    guard: false,
    transaction: (work) => parts.store.transaction(work),
    handle: (messages, tx) => handleReplies(messages, tx, parts),
  };
}

async function handleReplies(
  messages: readonly ConsumedMessage[],
  tx: StoreTransaction,
  { processes, cache, newId, now }: MessagingParts & { readonly processes: ProcessRunner },
): Promise<void | (() => void)> {
  const replies = (messages as readonly ConsumedMessage<CommandRepliedData>[]).filter(
    ({ type, data }) => type === 'CommandReplied' && data.processId !== null,
  );
  if (replies.length === 0) return;
  const unit = new UnitOfWork({ store: tx, cache, newId });
  await processes.load(unit, new Set(replies.map(({ data }) => data.processId!)));
  const at = now();
  for (const reply of replies) {
    const metadata = metadataOfMessage(reply, at);
    processes.tell(unit, reply.data.processId!, { message: replyOf(reply.data), metadata });
  }
  if (!unit.isEmpty) await tx.append([unit.request(replies[0]!.id)]);
  return () => unit.committed();
}

function replyOf({ commandId, outcome, code, message }: CommandRepliedData): ReplyMessage {
  const error = outcome === 'refused' ? { code: code ?? 'REFUSED', message: message ?? 'refused' } : null;
  return { type: 'reply', commandId, outcome, error };
}
