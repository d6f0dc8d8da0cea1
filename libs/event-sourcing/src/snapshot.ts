import { createHash } from 'node:crypto';
import type { Decider } from './decider';
import type { RecordedEvent, StreamId } from './message';
import { decodeState, encodeState } from './state-encoding';

/** A stream is snapshotted again when it has grown by so many events. */
export const SNAPSHOT_EVERY = 100;

/** What a snapshot is of: the fold of events 1 to `version` of the stream, `eventId` being the last one's. */
export interface SnapshotPlace {
  readonly stream: StreamId;
  readonly tenantId: string;
  readonly version: number;
  readonly eventId: string;
  /** Whose fold it is; see {@link fingerprintOf}. */
  readonly fingerprint: string;
}

/** A snapshot as it is stored. Take its state with {@link openSnapshot} only. */
export interface Snapshot extends SnapshotPlace {
  readonly state: string;
  readonly checksum: Buffer;
}

/**
 * Why a stored snapshot was not used. `outdated`: of another version of the decider. `foreign`: the event table has no
 * such event of this stream and tenant. `damaged`: its checksum is not right, or it does not decode.
 */
export type SnapshotFault = 'outdated' | 'foreign' | 'damaged';

/** A snapshot that was found and not used. */
export interface RefusedSnapshot {
  readonly stream: StreamId;
  readonly version: number;
  readonly fault: SnapshotFault;
}

/** The events of a stream behind a version, or behind the snapshot that comes with them. */
export interface StreamPart {
  readonly snapshot: Snapshot | null;
  readonly refused: RefusedSnapshot | null;
  readonly events: readonly RecordedEvent[];
}

/**
 * Where snapshots are kept. Best effort and behind the commits: both calls return at once and never throw, and losing
 * what they were given costs time at a later read and nothing else.
 */
export interface Snapshots {
  /** The state is immutable, so it may be encoded later. Of several of one stream the latest counts. */
  offer(place: SnapshotPlace, state: unknown): void;
  /** Deletes and counts a snapshot that must not be used. */
  refuse(snapshot: RefusedSnapshot): void;
}

/** Names the fold of a decider; null when its streams are not snapshotted. */
export function fingerprintOf({
  category,
  stateVersion,
}: Pick<Decider<never, unknown, never>, 'category' | 'stateVersion'>): string | null {
  return stateVersion === undefined ? null : `${category}@${stateVersion}`;
}

/** Encodes the state and binds it to its place. Throws `StateNotEncodable`. */
export function sealSnapshot(place: SnapshotPlace, state: unknown): Snapshot {
  const text = encodeState(state);
  return { ...place, state: text, checksum: checksumOf(place, text) };
}

/** The state, or null when the snapshot is damaged or was made for another place than it names. */
export function openSnapshot(snapshot: Snapshot): { readonly state: unknown } | null {
  if (!checksumOf(snapshot, snapshot.state).equals(snapshot.checksum)) return null;
  try {
    return { state: decodeState(snapshot.state) };
  } catch {
    return null;
  }
}

function checksumOf({ stream, tenantId, version, eventId, fingerprint }: SnapshotPlace, state: string): Buffer {
  const place = JSON.stringify([stream, tenantId, version, eventId, fingerprint]);
  return createHash('sha256').update(place).update('\n').update(state).digest();
}
