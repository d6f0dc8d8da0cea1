import { recordOfReply } from '@codex/event-sourcing';
import type { IdempotencyRecord, MessageCodec } from '@codex/event-sourcing';
import { RestorationRefused, type RestoredMessage } from '@codex/event-store-postgres';
import {
  Header,
  headerText,
  readMessage,
  type ConsumedMessage,
  type FetchedRecord,
  type TopicPartition,
} from '@codex/kafka-messaging';

/** True for what the relay of this context published: topics of the system have many publishers. */
export function isPublishedBy(context: string, record: FetchedRecord): boolean {
  return headerText(record.headers, Header.source) === `/codex/${context}`;
}

/** The message in a record. Throws {@link RestorationRefused} `MESSAGE_UNREADABLE`, because nothing may be left out. */
export function messageOf(record: FetchedRecord, partition: TopicPartition, codec: MessageCodec): ConsumedMessage {
  const { message, failure } = readMessage(record, partition, { codec, wants: () => true });
  if (message !== null && failure === null) return message;
  const place = `${partition.topic}/${partition.partition} at offset ${record.offset}`;
  throw new RestorationRefused('MESSAGE_UNREADABLE', `${place} can't be read: ${failure?.message}`);
}

/** The row that the message was. Messages from before eras were published are of the first one. */
export function rowOf(message: ConsumedMessage): RestoredMessage {
  const { kind, stream, version, tenantId, type, schemaId, raw: data, recordedAt, sourceEra } = message;
  if (kind === 'command') throw new Error('commands of other contexts are not restored');
  const { id: messageId, commandId, correlationId, causationId, actor, traceparent } = message;
  const ids = { messageId, commandId, correlationId, causationId, actor };
  const metadata = traceparent === undefined ? ids : { ...ids, traceparent };
  return { kind, era: sourceEra ?? 1, stream, version, tenantId, type, schemaId, data, metadata, recordedAt };
}

/** What makes the command known that a reply answered. */
export function answeredBy({ tenantId, data }: ConsumedMessage): IdempotencyRecord {
  return recordOfReply({ tenantId, data });
}
