import { upcast, type MessageCodec, type Upcaster } from '../codec';
import { PayloadTooLarge, VersionConflict } from '../errors';
import {
  MAX_BODY_BYTES,
  type AppendOutcome,
  type AppendRequest,
  type CommandKey,
  type EventStore,
  type FoldRange,
  type IdempotencyRecord,
  type StreamAppend,
  type StreamRange,
} from '../event-store';
import type { OutgoingMessage, RecordedEvent, StreamId } from '../message';
import type { StreamPart } from '../snapshot';
import { jsonCodec } from './json-codec';

/** What an in-memory store may be given. */
export interface InMemoryEventStoreOptions {
  readonly codec?: MessageCodec;
  readonly upcasters?: ReadonlyMap<string, Upcaster>;
  readonly now?: () => Date;
}

interface StoredEvent extends Omit<RecordedEvent, 'type' | 'data'> {
  readonly schemaId: number;
  readonly body: Buffer;
}

/**
 * The event store of unit and component specs: the same guarantees and refusals as the real one, gone with the process.
 * Bodies pass through the codec, so that what can't be encoded fails here too.
 */
export class InMemoryEventStore implements EventStore {
  private readonly streams = new Map<StreamId, StoredEvent[]>();
  private readonly records = new Map<string, IdempotencyRecord>();
  private readonly sent: OutgoingMessage[] = [];
  private readonly order: { readonly stream: StreamId; readonly version: number }[] = [];
  private readonly listeners = new Set<() => void>();

  constructor(private readonly options: InMemoryEventStoreOptions = {}) {}

  /** All commands and replies, in the order of their commits. */
  get messages(): readonly OutgoingMessage[] {
    return this.sent;
  }

  /** All events, in the order of their commits. */
  get events(): readonly RecordedEvent[] {
    return this.order.map(({ stream, version }) => this.decode(this.streams.get(stream)![version - 1]!));
  }

  async read(stream: StreamId, afterVersion = 0): Promise<readonly RecordedEvent[]> {
    return (this.streams.get(stream) ?? []).slice(afterVersion).map((event) => this.decode(event));
  }

  async readMany(ranges: readonly StreamRange[]): Promise<ReadonlyMap<StreamId, readonly RecordedEvent[]>> {
    const read = ranges.map(
      async ({ stream, afterVersion }) => [stream, await this.read(stream, afterVersion)] as const,
    );
    return new Map(await Promise.all(read));
  }

  /** Keeps no snapshots. */
  async load(ranges: readonly FoldRange[]): Promise<ReadonlyMap<StreamId, StreamPart>> {
    const read = await this.readMany(ranges);
    return new Map([...read].map(([stream, events]) => [stream, { snapshot: null, refused: null, events }]));
  }

  async append(request: AppendRequest): Promise<AppendOutcome> {
    const streams = request.streams.filter(({ events }) => events.length > 0);
    const encoded = streams.map((append) => this.encode(append));
    for (const { type, data } of request.messages ?? []) this.encodeBody(type, data);
    const keys = request.idempotency ?? [];
    const known = keys.map((key) => this.records.get(keyOf(key))).filter((record) => record !== undefined);
    if (known.length > 0 && keys.length === 1) return { status: 'replayed', record: known[0]! };
    const conflicts = streams.filter((append) => this.isConflict(append));
    if (known.length > 0 || conflicts.length > 0) {
      throw new VersionConflict((conflicts.length > 0 ? conflicts : streams).map(({ stream }) => stream));
    }
    this.store(request, encoded);
    return { status: 'appended' };
  }

  async findCommands(keys: readonly CommandKey[]): Promise<readonly IdempotencyRecord[]> {
    return keys.map((key) => this.records.get(keyOf(key))).filter((record) => record !== undefined);
  }

  /** Calls `listener` after every append that stored something. */
  onCommit(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private isConflict({ stream, tenantId, expectedVersion }: StreamAppend): boolean {
    const events = this.streams.get(stream) ?? [];
    return events.length !== expectedVersion || events.some((event) => event.tenantId !== tenantId);
  }

  private store(request: AppendRequest, encoded: readonly (readonly StoredEvent[])[]): void {
    for (const event of encoded.flat()) {
      this.streams.set(event.stream, [...(this.streams.get(event.stream) ?? []), event]);
      this.order.push({ stream: event.stream, version: event.version });
    }
    for (const record of request.idempotency ?? []) this.records.set(keyOf(record), structuredClone(record));
    this.sent.push(...structuredClone(request.messages ?? []));
    for (const listener of this.listeners) listener();
  }

  private encode({ stream, tenantId, expectedVersion, events }: StreamAppend): readonly StoredEvent[] {
    const recordedAt = (this.options.now?.() ?? new Date()).toISOString();
    return events.map(({ type, data, metadata }, index) => {
      const version = expectedVersion + index + 1;
      return { ...this.encodeBody(type, data), stream, tenantId, version, metadata, recordedAt };
    });
  }

  private encodeBody(type: string, data: unknown): Pick<StoredEvent, 'schemaId' | 'body'> {
    const { schemaId, data: body } = this.codec.encode(type, data);
    if (body.length > MAX_BODY_BYTES) throw new PayloadTooLarge(type, body.length, MAX_BODY_BYTES);
    return { schemaId, body };
  }

  private decode({ schemaId, body, ...place }: StoredEvent): RecordedEvent {
    const event = upcast(this.options.upcasters ?? new Map<string, Upcaster>(), this.codec.decode(schemaId, body));
    return { ...place, type: event.type, data: event.data as RecordedEvent['data'] };
  }

  private get codec(): MessageCodec {
    return this.options.codec ?? jsonCodec;
  }
}

function keyOf({ tenantId, key }: CommandKey): string {
  return `${tenantId}\n${key}`;
}
