import type { MessageCodec } from '@codex/event-sourcing';
import { contextOfType, isPublicEvent } from '@codex/contracts';
import {
  Header,
  headerText,
  readMessage,
  type ConsumedMessage,
  type FetchedRecord,
  type TopicPartition,
} from '@codex/kafka-messaging';

/** One event as clients follow it: the item of a history, and when it was recorded. */
export interface LiveEventView {
  readonly type: string;
  readonly context: string;
  readonly stream: string;
  readonly version: number;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly actor: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A public event in the log. What somebody asks for is decoded once, however many follow. */
export class LiveEvent {
  private message: ConsumedMessage<Readonly<Record<string, unknown>>> | null | undefined;
  private viewed: LiveEventView | null | undefined;
  private text: string | undefined;

  private constructor(
    readonly slot: number,
    readonly type: string,
    readonly tenantId: string,
    private readonly record: FetchedRecord,
    private readonly source: { readonly partition: TopicPartition; readonly codec: MessageCodec },
  ) {}

  /** Null for what nobody may follow. */
  static of(record: FetchedRecord, slot: number, source: LiveEvent['source']): LiveEvent | null {
    const type = headerText(record.headers, Header.type);
    const tenantId = headerText(record.headers, Header.tenantId);
    if (type === undefined || tenantId === undefined || !isPublicEvent(type)) return null;
    return new LiveEvent(slot, type, tenantId, record, source);
  }

  get offset(): number {
    return this.record.offset;
  }

  /** About as much memory as it takes. */
  get bytes(): number {
    return (this.record.value?.length ?? 0) + 1_000;
  }

  /** Null when the record can't be read: it is parked elsewhere, and no client would know what to do with it. */
  get view(): LiveEventView | null {
    if (this.viewed === undefined) this.viewed = this.toView();
    return this.viewed;
  }

  /** {@link view} as JSON; empty when there is none. */
  get json(): string {
    this.text ??= this.view === null ? '' : JSON.stringify(this.view);
    return this.text;
  }

  /** A field of the event's own data. */
  field(name: string): unknown {
    return this.decoded()?.data[name];
  }

  private toView(): LiveEventView | null {
    const message = this.decoded();
    if (message === null) return null;
    const { type, stream, version, actor, correlationId, causationId, data } = message;
    const recordedAt = new Date(message.recordedAt).toISOString();
    const about = { type, context: contextOfType(type), stream, version: version ?? 0 };
    return { ...about, occurredAt: recordedAt, recordedAt, actor, correlationId, causationId, data };
  }

  private decoded(): ConsumedMessage<Readonly<Record<string, unknown>>> | null {
    if (this.message === undefined) {
      const { message, failure } = readMessage(this.record, this.source.partition, {
        codec: this.source.codec,
        wants: () => true,
      });
      this.message = failure === null ? (message as ConsumedMessage<Readonly<Record<string, unknown>>>) : null;
    }
    return this.message;
  }
}
