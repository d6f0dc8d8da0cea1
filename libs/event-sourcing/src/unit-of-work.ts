import { fold, type Decider } from './decider';
import { NotFound, VersionMismatch } from './errors';
import type { AppendRequest, EventStore, IdempotencyRecord } from './event-store';
import type {
  CommandMetadata,
  DomainCommand,
  DomainEvent,
  MessageMetadata,
  NewEvent,
  OutgoingMessage,
  RecordedEvent,
  StreamId,
} from './message';
import { fingerprintOf, openSnapshot, SNAPSHOT_EVERY, type StreamPart } from './snapshot';
import type { LoadedStream, StateCache } from './state-cache';

// Deciders are invariant in their events, so a list of different ones can only be typed by `any`.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyDecider = Decider<any, any, any>;

interface Opened {
  readonly decider: AnyDecider;
  readonly base: LoadedStream;
  current: LoadedStream;
  readonly events: NewEvent[];
}

/** What a unit of work needs from its surroundings. */
export interface UnitOfWorkOptions {
  readonly store: Pick<EventStore, 'load'>;
  /** Also knows where snapshots go. */
  readonly cache: StateCache;
  /** Mints message ids: UUIDv7. */
  readonly newId: () => string;
}

/**
 * Decisions over one or many streams that are stored together: load, decide in order on the folded states, then one
 * append. Every loaded state is as fresh as its read; the versions are checked again by the append.
 *
 * Use one instance for one attempt. After a {@link VersionConflict} throw it away and start a new one.
 */
export class UnitOfWork {
  private readonly opened = new Map<StreamId, Opened>();
  private readonly messages: OutgoingMessage[] = [];
  private readonly records: IdempotencyRecord[] = [];

  constructor(private readonly options: UnitOfWorkOptions) {}

  /** Reads and folds these streams in one round trip. Streams that are open already stay as they are. */
  async load(decider: AnyDecider, streams: Iterable<StreamId>): Promise<void> {
    const missing = [...new Set(streams)].filter((stream) => !this.opened.has(stream));
    if (missing.length === 0) return;
    const cached = new Map(missing.map((stream) => [stream, this.options.cache.get(stream) ?? emptyStream(decider)]));
    const fingerprint = fingerprintOf(decider);
    const ranges = missing.map((stream) => ({ stream, afterVersion: cached.get(stream)!.version, fingerprint }));
    const parts = await this.options.store.load(ranges);
    for (const stream of missing) {
      const base = await this.resume(decider, stream, { from: cached.get(stream)!, part: parts.get(stream)! });
      this.opened.set(stream, { decider, base, current: base, events: [] });
    }
  }

  /** Folds what was read. Without a snapshot that can be trusted all events are read after all. */
  private async resume(
    decider: AnyDecider,
    stream: StreamId,
    { from, part }: { readonly from: LoadedStream; readonly part: StreamPart },
  ): Promise<LoadedStream> {
    const { snapshot, refused } = part;
    if (refused !== null) this.options.cache.snapshots?.refuse(refused);
    if (snapshot === null) return advance(decider, from, part.events);
    const opened = openSnapshot(snapshot);
    if (opened !== null) {
      const { version, tenantId, eventId } = snapshot;
      return advance(decider, { ...opened, version, tenantId, eventId, snapshotVersion: version }, part.events);
    }
    this.options.cache.snapshots?.refuse({ stream, version: snapshot.version, fault: 'damaged' });
    const all = await this.options.store.load([{ stream, afterVersion: from.version, fingerprint: null }]);
    return advance(decider, from, all.get(stream)!.events);
  }

  /** Opens streams that can't exist yet because their ids were minted just now; the append proves it. */
  begin(decider: AnyDecider, stream: StreamId): void {
    const base = emptyStream(decider);
    this.opened.set(stream, { decider, base, current: base, events: [] });
  }

  /** The stream as decided so far. Throws when it was not loaded. */
  stateOf<State>(_decider: Pick<Decider<never, State, never>, 'initialState'>, stream: StreamId): LoadedStream<State> {
    return this.entry(stream).current as LoadedStream<State>;
  }

  /**
   * Decides one command on the state as it stands and stages the events. A stream of another tenant does not exist.
   * Throws what `decide` throws; nothing is staged then.
   */
  decide<Command extends DomainCommand, State, Event extends DomainEvent>(
    decider: Decider<Command, State, Event>,
    stream: StreamId,
    command: Command,
  ): readonly NewEvent<Event>[] {
    const entry = this.ownEntry(stream, command.metadata.tenantId);
    const events = decider.decide(command, entry.current.state as State);
    return events.map((event) => this.stage(entry, event, command.metadata)) as unknown as NewEvent<Event>[];
  }

  /**
   * Refuses with {@link VersionMismatch} unless the stream is at this version (an `If-Match`). What does not exist, or
   * belongs to another tenant, is {@link NotFound}, so that no version of it shows.
   */
  requireVersion(stream: StreamId, version: number, tenantId: string): void {
    const { version: actual } = this.ownEntry(stream, tenantId).current;
    if (actual === version) return;
    throw actual === 0 ? new NotFound(stream) : new VersionMismatch(stream, version, actual);
  }

  /** Adds a message that is published if, and only if, the unit is stored. */
  send(message: OutgoingMessage): void {
    this.messages.push(message);
  }

  /** Adds an idempotency row that is stored with the unit. */
  remember(record: IdempotencyRecord): void {
    this.records.push(record);
  }

  /** Everything staged, as one append. */
  request(commandId: string): AppendRequest {
    const streams = [...this.opened]
      .filter(([, entry]) => entry.events.length > 0)
      .map(([stream, entry]) => ({
        stream,
        tenantId: entry.current.tenantId!,
        expectedVersion: entry.base.version,
        events: entry.events,
      }));
    return { commandId, streams, messages: this.messages, idempotency: this.records };
  }

  /** True when there is nothing to store. */
  get isEmpty(): boolean {
    return (
      this.messages.length === 0 &&
      this.records.length === 0 &&
      [...this.opened.values()].every((entry) => entry.events.length === 0)
    );
  }

  /** Call once the append is durable: the states become the cache's. */
  committed(): void {
    for (const [stream, { decider, current }] of this.opened) {
      this.options.cache.set(stream, this.snapshotted(decider, stream, current));
    }
  }

  /** Offers the state as a snapshot when the stream has grown enough since the last one. */
  private snapshotted(decider: AnyDecider, stream: StreamId, current: LoadedStream): LoadedStream {
    const { version, tenantId, eventId, snapshotVersion, state } = current;
    const { snapshots } = this.options.cache;
    const fingerprint = fingerprintOf(decider);
    if (snapshots === undefined || fingerprint === null || version - snapshotVersion < SNAPSHOT_EVERY) return current;
    snapshots.offer({ stream, tenantId: tenantId!, version, eventId: eventId!, fingerprint }, state);
    return { ...current, snapshotVersion: version };
  }

  private entry(stream: StreamId): Opened {
    const entry = this.opened.get(stream);
    if (entry === undefined) throw new Error(`${stream} was not loaded`);
    return entry;
  }

  private ownEntry(stream: StreamId, tenantId: string): Opened {
    const entry = this.entry(stream);
    const owner = entry.current.tenantId;
    if (owner !== null && owner !== tenantId) throw new NotFound(stream);
    return entry;
  }

  private stage(entry: Opened, event: DomainEvent, command: CommandMetadata): NewEvent {
    const staged = { ...event, metadata: metadataOf(command, this.options.newId()) };
    entry.events.push(staged);
    entry.current = {
      state: entry.decider.evolve(entry.current.state, event),
      version: entry.current.version + 1,
      tenantId: command.tenantId,
      eventId: staged.metadata.messageId,
      snapshotVersion: entry.current.snapshotVersion,
    };
    return staged;
  }
}

/** The metadata of a message that a command caused. */
export function metadataOf(command: CommandMetadata, messageId: string): MessageMetadata {
  return {
    messageId,
    commandId: command.commandId,
    correlationId: command.correlationId,
    causationId: command.causationId,
    actor: command.actor,
    ...(command.traceparent === undefined ? {} : { traceparent: command.traceparent }),
  };
}

function emptyStream(decider: AnyDecider): LoadedStream {
  return { state: decider.initialState(), version: 0, tenantId: null, eventId: null, snapshotVersion: 0 };
}

function advance(decider: AnyDecider, from: LoadedStream, events: readonly RecordedEvent[]): LoadedStream {
  const last = events.at(-1);
  if (last === undefined) return from;
  const { version, tenantId, metadata } = last;
  return { ...from, state: fold(decider, from.state, events), version, tenantId, eventId: metadata.messageId };
}
