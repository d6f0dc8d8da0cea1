import type { PublishableMessage } from '../record/outgoing-message';

/** A place in the event table, in commit order. */
export interface RelayCursor {
  readonly era: number;
  readonly xid: string;
  readonly position: string;
}

/** A stored message with its place. */
export type RelayRow = PublishableMessage & RelayCursor;

/** A transaction that holds the relay back; what may not be seen is null. */
export interface RelayBlocker {
  readonly pid: number | null;
  readonly applicationName: string | null;
  readonly state: string | null;
  readonly transactionAgeMs: number | null;
}

/** The log the relay publishes. Rows come in commit order, and no row can turn up in front of a row that was read. */
export interface RelaySource {
  loadCursor(): Promise<RelayCursor>;
  saveCursor(cursor: RelayCursor): Promise<void>;
  readAfter(cursor: RelayCursor, limit: number): Promise<readonly RelayRow[]>;
  /** What waits behind the cursor, and for how long by the clock that stamped it. */
  pending(cursor: RelayCursor): Promise<{ readonly count: number; readonly oldestAgeMs: number }>;
  blockers(): Promise<readonly RelayBlocker[]>;
}

/** The right to be the only relay of a log. */
export interface RelayLock {
  readonly lost: AbortSignal;
  release(): Promise<void>;
}
