import type { CommandMetadata } from '@codex/event-sourcing';
import type { ConsumedMessage } from '@codex/kafka-messaging';

/** The message is the command and the cause of all that follows from it. */
export function metadataOfMessage(message: ConsumedMessage, now: Date): CommandMetadata {
  const { id, tenantId, actor, correlationId, traceparent } = message;
  const trace = traceparent === undefined ? {} : { traceparent };
  return { commandId: id, tenantId, actor, correlationId, causationId: id, ...trace, now: now.toISOString() };
}
