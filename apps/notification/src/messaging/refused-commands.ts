import type { CommandRepliedData } from '@codex/contracts';
import { metadataOf, type RefusalRecorder, newId } from '@codex/event-sourcing';

/** The reply that records a refused HTTP command, for the audit trail. */
export const refusedCommand: RefusalRecorder = (refusal, stream, { type, metadata }) => {
  const { commandId, tenantId, actor } = metadata;
  const answer = { outcome: 'refused', code: refusal.code, message: refusal.message } as const;
  const subject = { workItemId: null, projectId: null, processId: null };
  const data: CommandRepliedData = { commandId, commandType: type, target: stream, ...answer, actor, ...subject };
  return { kind: 'reply', stream, tenantId, type: 'CommandReplied', data, metadata: metadataOf(metadata, newId()) };
};
