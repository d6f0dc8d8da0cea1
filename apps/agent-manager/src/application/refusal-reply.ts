import type { CommandRepliedData } from '@codex/contracts';
import {
  metadataOf,
  type CommandMetadata,
  type OutgoingMessage,
  type Refusal,
  type StreamId,
  newId,
} from '@codex/event-sourcing';

/** The command that was refused, and the work it was about, when it was about any. */
export interface RefusedCommand {
  readonly type: string;
  readonly metadata: CommandMetadata;
  readonly about?: { readonly workItemId: string; readonly projectId: string };
}

/** The record of a refusal, for the audit trail. */
export function refusalReply(refusal: Refusal, stream: StreamId, command: RefusedCommand): OutgoingMessage {
  const { metadata, about } = command;
  const data: CommandRepliedData = {
    commandId: metadata.commandId,
    commandType: command.type,
    target: stream,
    outcome: 'refused',
    code: refusal.code,
    message: refusal.message,
    actor: metadata.actor,
    workItemId: about?.workItemId ?? null,
    projectId: about?.projectId ?? null,
    processId: null,
  };
  return {
    kind: 'reply',
    stream,
    tenantId: metadata.tenantId,
    type: 'CommandReplied',
    data,
    metadata: metadataOf(metadata, newId()),
  };
}
