import type { StreamPart } from './snapshot';
import type { NewEvent, OutgoingMessage, RecordedEvent, StreamId } from './message';

/** The expected version of a stream that must not exist yet. */
export const NO_STREAM = 0;

/** The largest body of an event or message: what is stored must fit into a Kafka message. */
export const MAX_BODY_BYTES = 256 * 1024;

/** Events for one stream, legal only directly behind `expectedVersion`. */
export interface StreamAppend {
  readonly stream: StreamId;
  readonly tenantId: string;
  readonly expectedVersion: number;
  readonly events: readonly NewEvent[];
}

/** Names a command within its tenant. */
export interface CommandKey {
  readonly tenantId: string;
  readonly key: string;
}

/**
 * `key` names the command: the command id of a message from Kafka, or tenant, route and header for HTTP. `response` is
 * given back word for word to whoever repeats the key with the same `fingerprint`. Kept for 7 days.
 */
export interface IdempotencyRecord extends CommandKey {
  readonly fingerprint: string;
  readonly response: unknown;
}

/** One atomic unit: all of it is stored, or nothing. */
export interface AppendRequest {
  readonly commandId: string;
  readonly streams: readonly StreamAppend[];
  readonly messages?: readonly OutgoingMessage[];
  readonly idempotency?: readonly IdempotencyRecord[];
}

/** `replayed`: the (single) idempotency key was known; nothing was stored and `record` is what the first call left. */
export type AppendOutcome =
  { readonly status: 'appended' } | { readonly status: 'replayed'; readonly record: IdempotencyRecord };

/** A part of a stream: events with `version > afterVersion`, oldest first. */
export interface StreamRange {
  readonly stream: StreamId;
  readonly afterVersion: number;
}

/** The same for a fold: a snapshot of this fingerprint that spares more than a few events is taken instead of them. */
export interface FoldRange extends StreamRange {
  /** Null reads events only. */
  readonly fingerprint: string | null;
}

/**
 * Streams of events with optimistic concurrency.
 *
 * Guarantees: an append that resolved is durable; it is atomic over all its streams, messages and idempotency rows; versions of a stream
 * are 1..n without gaps; readers see events of a stream in version order. Safe to call concurrently.
 *
 * Errors: {@link VersionConflict} when another writer was first, `PayloadTooLarge`, `Unavailable` when it can't be known
 * that the append was stored (the caller may repeat it under the same command id).
 */
export interface EventStore {
  /** The events of a stream behind `afterVersion` (default 0: all), upcast to their newest shape. Empty when there are none. */
  read(stream: StreamId, afterVersion?: number): Promise<readonly RecordedEvent[]>;
  /** The same for many streams in one round trip; every requested stream has an entry. */
  readMany(ranges: readonly StreamRange[]): Promise<ReadonlyMap<StreamId, readonly RecordedEvent[]>>;
  /**
   * What a fold needs of each stream, in one round trip. A snapshot is only handed out when its fingerprint is the one
   * asked for and the store has its last event; its checksum is the caller's to check.
   */
  load(ranges: readonly FoldRange[]): Promise<ReadonlyMap<StreamId, StreamPart>>;
  append(request: AppendRequest): Promise<AppendOutcome>;
  /** What was stored under these idempotency keys; unknown keys are absent. */
  findCommands(keys: readonly CommandKey[]): Promise<readonly IdempotencyRecord[]>;
}
