import { UnitOfWork } from '@codex/event-sourcing';
import type { StoreTransaction } from '@codex/event-store-postgres';
import type { ConsumedMessage, ConsumerDeclaration } from '@codex/kafka-messaging';
import { closesWorkItem, releaseOf } from '../application/quota-release';
import type { AttemptCommand } from '../domain/work-item.commands';
import { workItemDecider } from '../domain/work-item.decider';
import type { WorkItemState } from '../domain/work-item.state';
import { recordProjects } from '../persistence/postgres-known-projects';
import { workItemStream } from '../processes/process-subject';
import { ATTEMPT_FACTS, attemptCommandOf } from './attempt-command';
import { metadataOfMessage } from './message-metadata';
import type { MessagingParts } from './process-replies.consumer';

/** Renaming it replays every event of three contexts; each is judged as old then. */
export const FACTS_GROUP = 'work-item.facts';

/** What others saw happen: the item judges what became of it, and projects become known. One append a batch. */
export function factsConsumer(parts: MessagingParts): ConsumerDeclaration<StoreTransaction> {
  return {
    group: FACTS_GROUP,
    topics: ['scheduler.events.v1', 'agent.events.v1', 'project.events.v1'],
    categories: ['Task', 'Run', 'Project'],
    handles: new Set([...ATTEMPT_FACTS, 'ProjectCreated', 'ProjectArchived']),
    guard: true,
    transaction: (work) => parts.store.transaction(work),
    handle: (messages, tx) => handleFacts(messages, tx, parts),
  };
}

async function handleFacts(
  messages: readonly ConsumedMessage[],
  tx: StoreTransaction,
  { cache, newId, now }: MessagingParts,
): Promise<() => void> {
  const at = now();
  const commands = messages.flatMap((message) => attemptCommandOf(message, metadataOfMessage(message, at)) ?? []);
  const unit = new UnitOfWork({ store: tx, cache, newId });
  await unit.load(
    workItemDecider,
    commands.map(({ data }) => workItemStream(data.workItemId)),
  );
  for (const command of commands) judge(unit, command);
  if (!unit.isEmpty) await tx.append([unit.request(commands[0]!.metadata.commandId)]);
  // After the append: rows written before it would give the transaction an early id and make conflicts likelier.
  await recordProjects(tx, messages);
  return () => unit.committed();
}

// A fact about an item of another tenant, or about none, is nobody's: there is nothing to judge.
function judge(unit: UnitOfWork, command: AttemptCommand): void {
  const stream = workItemStream(command.data.workItemId);
  if (unit.stateOf(workItemDecider, stream).tenantId !== command.metadata.tenantId) return;
  const events = unit.decide(workItemDecider, stream, command);
  const { state } = unit.stateOf<WorkItemState>(workItemDecider, stream);
  if (state.status !== 'absent' && closesWorkItem(events)) unit.send(releaseOf(state, command.metadata));
}
