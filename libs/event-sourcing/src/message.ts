/** A stream's name: `<Category>-<uuid>`, the category in PascalCase, so that the first dash splits the two. */
export type StreamId = string;

/** A fact of one stream. `type` is also the Avro record's name and `ce_type` on Kafka; `data` is plain JSON-like data. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/**
 * Who asked, and what led to it. Stored with every row and carried in the headers on Kafka.
 * `actor` is an opaque id, never a name or an address. `causationId` is the id of the message that caused this one.
 */
export interface MessageMetadata {
  readonly messageId: string;
  readonly commandId: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly actor: string;
  readonly traceparent?: string;
}

/** An event as the store keeps it. `version` counts from 1 without gaps; `recordedAt` is the database's clock, RFC 3339. */
export type RecordedEvent<Event extends DomainEvent = DomainEvent> = Event & {
  readonly stream: StreamId;
  readonly version: number;
  readonly tenantId: string;
  readonly metadata: MessageMetadata;
  readonly recordedAt: string;
};

/** An event on its way into the store. */
export type NewEvent<Event extends DomainEvent = DomainEvent> = Event & { readonly metadata: MessageMetadata };

/**
 * A command for another service or an answer to one: a row of the event table without a version, published by the same
 * relay. `stream` is the target's stream and the key on Kafka. `metadata.messageId` is the command's id for a command.
 */
export interface OutgoingMessage {
  readonly kind: 'command' | 'reply';
  readonly stream: StreamId;
  readonly tenantId: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: MessageMetadata;
}

/** What a command brings besides its data. `now` is RFC 3339 with milliseconds: time reaches a decider only through here. */
export interface CommandMetadata {
  readonly commandId: string;
  readonly tenantId: string;
  readonly actor: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly traceparent?: string;
  readonly now: string;
}

/** An intention addressed to one stream. */
export interface DomainCommand<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Readonly<Data>;
  readonly metadata: CommandMetadata;
}

/** `streamId('Project', id)` is `Project-<id>`. */
export function streamId(category: string, id: string): StreamId {
  return `${category}-${id}`;
}

/** The id behind the category. */
export function idOf(stream: StreamId): string {
  return stream.slice(stream.indexOf('-') + 1);
}

/** The category in front of the id. */
export function categoryOf(stream: StreamId): string {
  return stream.slice(0, stream.indexOf('-'));
}
