import type { CommandRepliedData } from '@codex/contracts';
import { metadataOf, type RefusalRecorder } from '@codex/event-sourcing';

/** Builds the record of a refused HTTP command: the audit trail needs it, and no process waits for it. */
export function refusedCommand(newId: () => string): RefusalRecorder {
  return (refusal, stream, { type, data, metadata }) => {
    const { workItemId = null, projectId = null } = data as { workItemId?: string; projectId?: string };
    const reply: CommandRepliedData = {
      commandId: metadata.commandId,
      commandType: type,
      target: stream,
      outcome: 'refused',
      code: refusal.code,
      message: refusal.message,
      actor: metadata.actor,
      workItemId,
      projectId,
      processId: null,
    };
    const { tenantId } = metadata;
    return {
      kind: 'reply',
      stream,
      tenantId,
      type: 'CommandReplied',
      data: reply,
      metadata: metadataOf(metadata, newId()),
    };
  };
}
