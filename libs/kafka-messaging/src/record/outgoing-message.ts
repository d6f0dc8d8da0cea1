import type { MessageMetadata } from '@codex/event-sourcing';

import type { OutgoingRecord } from '../driver/kafka-driver';
import { Header, schemaUrn } from './message-headers';
import type { MessageKind } from './message-kind';
import { withSchemaPrefix } from './wire-format';

/** A stored message that is to be published: a row of the event table. */
export interface PublishableMessage {
  readonly kind: MessageKind;
  readonly stream: string;
  /** Null for commands and replies. */
  readonly version: number | null;
  readonly tenantId: string;
  readonly type: string;
  readonly schemaId: number;
  /** Avro body without prefix. */
  readonly data: Buffer;
  readonly metadata: MessageMetadata;
  /** RFC 3339 by the database's clock. */
  readonly recordedAt: string;
  /** The era of the event store it comes from; grows when the store moves to another database cluster. */
  readonly era?: number;
}

/** Where a message goes and what it is called out there; apps build it from the catalogue. */
export interface Addressing {
  topicOf(message: PublishableMessage): string;
  /** The context that publishes, for `ce_source`. */
  readonly source: string;
  /** Full name of the schema with this lock id. */
  schemaNameOf(schemaId: number): string;
  /** The id in the value's prefix: a registry's, when there is one. Default: the lock id. */
  wireSchemaId?(schemaId: number): number;
}

/** The Kafka record of a stored message, by the message contract. */
export function outgoingRecord(message: PublishableMessage, addressing: Addressing): OutgoingRecord {
  const { metadata, schemaId } = message;
  const headers: Record<string, string> = {
    [Header.specVersion]: '1.0',
    [Header.id]: metadata.messageId,
    [Header.type]: message.type,
    [Header.source]: `/codex/${addressing.source}`,
    [Header.subject]: message.stream,
    [Header.time]: message.recordedAt,
    [Header.dataSchema]: schemaUrn(schemaId, addressing.schemaNameOf(schemaId)),
    [Header.contentType]: 'application/avro',
    [Header.kind]: message.kind,
    [Header.correlationId]: metadata.correlationId,
    [Header.causationId]: metadata.causationId,
    [Header.commandId]: metadata.commandId,
    [Header.tenantId]: message.tenantId,
    [Header.actor]: metadata.actor,
  };
  if (message.version !== null) headers[Header.streamVersion] = String(message.version);
  if (message.era !== undefined) headers[Header.sourceEra] = String(message.era);
  if (metadata.traceparent !== undefined) headers[Header.traceparent] = metadata.traceparent;
  return {
    topic: addressing.topicOf(message),
    key: message.stream,
    value: withSchemaPrefix(addressing.wireSchemaId?.(schemaId) ?? schemaId, message.data),
    headers,
  };
}
