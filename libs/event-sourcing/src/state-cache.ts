import type { StreamId } from './message';
import type { Snapshots } from './snapshot';

/** A folded stream: `tenantId` is null while the stream does not exist. */
export interface LoadedStream<State = unknown> {
  readonly state: State;
  readonly version: number;
  readonly tenantId: string | null;
  /** Of the last event; null while the stream does not exist. */
  readonly eventId: string | null;
  /** The version of the last snapshot this process knows of; 0 when it knows of none. */
  readonly snapshotVersion: number;
}

/** The share by which a cache may outgrow its capacity before it evicts. */
const SLACK = 0.1;

/**
 * Least-recently-used states of this process. A cached state is never trusted alone: whoever loads it reads what was
 * recorded after its version, so a stale entry costs a few rows and can't change a decision.
 */
export class StateCache {
  private readonly entries = new Map<StreamId, LoadedStream>();

  /**
   * @param capacity how many streams are kept, give or take a tenth; 0 turns the cache off
   * @param snapshots where states of long streams are kept for when they are not in memory; default: nowhere
   */
  constructor(
    private readonly capacity: number = 10_000,
    readonly snapshots?: Snapshots,
  ) {}

  get(stream: StreamId): LoadedStream | undefined {
    const entry = this.entries.get(stream);
    if (entry === undefined) return undefined;
    this.entries.delete(stream);
    this.entries.set(stream, entry);
    return entry;
  }

  set(stream: StreamId, entry: LoadedStream): void {
    if (this.capacity === 0) return;
    this.entries.delete(stream);
    this.entries.set(stream, entry);
    if (this.entries.size > this.capacity + this.capacity * SLACK) this.evict();
  }

  delete(stream: StreamId): void {
    this.entries.delete(stream);
  }

  /** Many at once: finding a Map's first key passes over every entry that was deleted in front of it. */
  private evict(): void {
    for (const stream of this.entries.keys()) {
      if (this.entries.size <= this.capacity) return;
      this.entries.delete(stream);
    }
  }
}
