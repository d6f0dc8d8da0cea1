import type { CommandRepliedData } from '@codex/contracts';
import type { ConsumedMessage } from '@codex/kafka-messaging';
import type { CommandService } from '@codex/platform';
import { v7 as uuidv7 } from 'uuid';

export const TENANT = uuidv7();
export const OTHER_TENANT = uuidv7();

/** A command or reply as it waits in the event table for the relay. */
export interface SentMessage {
  readonly kind: 'command' | 'reply';
  readonly type: string;
  readonly stream: string;
  readonly id: string;
  readonly correlationId: string;
  readonly data: Record<string, unknown>;
}

interface OutboxRow {
  readonly kind: 'command' | 'reply';
  readonly stream: string;
  readonly schema: number;
  readonly data: Buffer;
  readonly metadata: { readonly messageId: string; readonly correlationId: string };
}

/** What waits for the relay besides events, oldest first. */
export async function readOutbox({ pool, codec }: CommandService): Promise<readonly SentMessage[]> {
  const { rows } = await pool.query<OutboxRow>(
    `select kind, stream, schema_id as schema, data, metadata from event_store.events
     where kind <> 'event' order by era, xid, position`,
  );
  return rows.map(({ kind, stream, schema, data, metadata }) => {
    const decoded = codec.decode(schema, data) as { type: string; data: Record<string, unknown> };
    return { kind, stream, ...decoded, id: metadata.messageId, correlationId: metadata.correlationId };
  });
}

/** The answer of another service to a command. */
export function replyTo(
  command: SentMessage,
  answer: Partial<CommandRepliedData> = {},
  tenantId: string = TENANT,
): ConsumedMessage {
  const { workItemId, projectId, processId } = command.data as Record<string, string>;
  const { id: commandId, type: commandType, stream, correlationId } = command;
  const asked = { commandId, commandType, target: stream, actor: 'key-test', workItemId, projectId, processId };
  const data = { ...asked, outcome: 'accepted', code: null, message: null, ...answer };
  return message({ kind: 'reply', type: 'CommandReplied', stream, data, tenantId, correlationId });
}

/** A message as the consumer runtime hands it over. */
export function message(parts: {
  readonly kind?: 'event' | 'reply';
  readonly type: string;
  readonly stream: string;
  readonly tenantId?: string;
  readonly correlationId?: string;
  readonly data: unknown;
}): ConsumedMessage {
  const { kind = 'event', type, stream, tenantId = TENANT, correlationId = 'test', data } = parts;
  return {
    topic: 'test',
    partition: 0,
    offset: '0',
    key: stream,
    kind,
    id: uuidv7(),
    type,
    stream,
    version: kind === 'event' ? 1 : null,
    tenantId,
    actor: 'key-test',
    correlationId,
    causationId: uuidv7(),
    commandId: uuidv7(),
    traceparent: undefined,
    recordedAt: new Date().toISOString(),
    schemaId: 0,
    data,
    raw: Buffer.alloc(0),
  };
}
