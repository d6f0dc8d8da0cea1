import type { CommandRepliedData } from '@codex/contracts';
import { metadataOf, type RefusalRecorder, newId } from '@codex/event-sourcing';

/** The reply that records a refused HTTP command, for the audit trail. */
export const refusedCommand: RefusalRecorder = (refusal, stream, command) => {
  const { commandId, tenantId, actor } = command.metadata;
  const { projectId } = command.data as { readonly projectId: string };
  const data: CommandRepliedData = {
    commandId,
    commandType: command.type,
    target: stream,
    outcome: 'refused',
    code: refusal.code,
    message: refusal.message,
    actor,
    workItemId: null,
    projectId,
    processId: null,
  };
  return {
    kind: 'reply',
    stream,
    tenantId,
    type: 'CommandReplied',
    data,
    metadata: metadataOf(command.metadata, newId()),
  };
};
