import type { MessageMetadata } from '@codex/event-sourcing';

/** A place in the event table: everything at or below it has been published. xid and position are 64 bit, so they are text. */
export interface RelayCursor {
  readonly era: number;
  readonly xid: string;
  readonly position: string;
}

/** One row of the event table, ready to be published. `data` is the Avro body without prefix. */
export interface RelayRow extends RelayCursor {
  readonly kind: 'event' | 'command' | 'reply';
  readonly stream: string;
  /** Null for commands and replies. */
  readonly version: number | null;
  readonly tenantId: string;
  readonly type: string;
  readonly schemaId: number;
  readonly data: Buffer;
  readonly metadata: MessageMetadata;
  /** The database's clock, RFC 3339 in UTC with microseconds. */
  readonly recordedAt: string;
}

/** What still waits behind a cursor. Rows of open transactions are not counted, those that wait for them are. */
export interface RelayPending {
  /** Exact up to {@link PENDING_COUNT_LIMIT}, which means "at least so many". */
  readonly count: number;
  /** Age of the oldest waiting row by the database's clock; 0 when none waits. */
  readonly oldestAgeMs: number;
}

/** Counting stops here, so that asking for the status of a relay that is far behind stays cheap. */
export const PENDING_COUNT_LIMIT = 10_000;

/** A transaction that holds the relay back. What this database role may not see is null. */
export interface RelayBlocker {
  /** Null for a prepared transaction: no process holds it. */
  readonly pid: number | null;
  readonly preparedTransaction: string | null;
  readonly database: string | null;
  readonly user: string | null;
  readonly applicationName: string | null;
  readonly state: string | null;
  readonly transactionAgeMs: number | null;
}

/**
 * Reads the event table in commit order, once per row, for one named relay.
 *
 * Guarantees: rows come ordered by (era, xid, position); of one stream the versions ascend; no row that commits later
 * can sort before a row that was handed out, so a cursor loses nothing. A row is handed out only when no older
 * transaction of the whole Postgres cluster is still open ({@link blockers} names the one to blame).
 */
export interface RelayReader {
  /** The stored cursor; in front of the first row when there is none yet. */
  loadCursor(): Promise<RelayCursor>;
  /** Moves the stored cursor forward, never back. Not flushed: after a crash it may be older, and rows are sent again. */
  saveCursor(cursor: RelayCursor): Promise<void>;
  /** At most `limit` rows behind `cursor`; empty when there is nothing to hand out now. */
  readAfter(cursor: RelayCursor, limit: number): Promise<readonly RelayRow[]>;
  pending(cursor: RelayCursor): Promise<RelayPending>;
  /** Who holds back the rows that wait, oldest first; empty when nobody does. */
  blockers(): Promise<readonly RelayBlocker[]>;
}

/** The right to be the one relay of a database. */
export interface RelayLock {
  /** Aborted as soon as the lock is known to be lost: stop producing, acquire anew. */
  readonly lost: AbortSignal;
  /** Gives the lock up. Safe to call twice and after a loss. */
  release(): Promise<void>;
}
