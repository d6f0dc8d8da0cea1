import { categoryOf, fold, PersistentSet, type Decider, type EventStore, type StreamId } from '@codex/event-sourcing';

// Deciders of many kinds in one list: their folds are only ever called with events of their own streams.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyDecider = Pick<Decider<any, any, any>, 'category' | 'initialState' | 'evolve'>;

/** Up to which event: a version, an instant (RFC 3339), or the last one. */
export interface AsOf {
  readonly version?: number | undefined;
  readonly at?: string | undefined;
}

/** What a decider knew of a stream after one of its events. */
export interface StreamState {
  readonly stream: StreamId;
  /** Of the last event in it. */
  readonly version: number;
  readonly type: string;
  readonly recordedAt: string;
  /** The stream has this version by now. */
  readonly currentVersion: number;
  /** What decisions read, as plain JSON: sets are sorted lists, maps are lists of pairs. */
  readonly state: unknown;
}

/** The state of any stream of this service at any time, from its event table and by its own deciders. */
export class StreamStates {
  private readonly deciders: ReadonlyMap<string, AnyDecider>;

  constructor(
    private readonly store: Pick<EventStore, 'read'>,
    deciders: readonly AnyDecider[],
  ) {
    this.deciders = new Map(deciders.map((decider) => [decider.category, decider]));
  }

  /** Null when the tenant has no such stream, or it had no such version at that time. */
  async stateOf(stream: StreamId, tenantId: string, asOf: AsOf): Promise<StreamState | null> {
    const decider = this.deciders.get(categoryOf(stream));
    if (decider === undefined) return null;
    const events = await this.store.read(stream);
    if (events[0]?.tenantId !== tenantId || events.length < (asOf.version ?? 0)) return null;
    const until = asOf.at === undefined ? Infinity : Date.parse(asOf.at);
    const taken = events
      .slice(0, asOf.version ?? events.length)
      .filter(({ recordedAt }) => Date.parse(recordedAt) <= until);
    const last = taken.at(-1);
    if (last === undefined || (asOf.version !== undefined && last.version < asOf.version)) return null;
    const { version, type, recordedAt } = last;
    const state = plain(fold(decider, decider.initialState(), taken));
    return { stream, version, type, recordedAt, currentVersion: events.length, state };
  }
}

function plain(value: unknown): unknown {
  if (value instanceof PersistentSet || value instanceof Set)
    return [...(value as Iterable<unknown>)].map(plain).sort();
  if (value instanceof Map) return [...value].map(([key, one]) => [plain(key), plain(one)]);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
