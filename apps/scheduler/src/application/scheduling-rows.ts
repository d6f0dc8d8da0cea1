/** How an item ended; null while it has not, or nobody knows. */
export type Outcome = 'completed' | 'failed' | 'cancelled' | 'deleted';

export interface OutcomeRow {
  readonly workItemId: string;
  readonly tenantId: string;
  readonly outcome: Outcome | null;
  /** The priority it was changed to last; null when it never was. */
  readonly priority: number | null;
}

/** A task that is neither ready nor over. It has a due time exactly when no dependency is open. */
export interface WaitingRow {
  readonly workItemId: string;
  readonly tenantId: string;
  readonly openDependencies: number;
  /** RFC 3339 with milliseconds. */
  readonly dueAt: string | null;
  readonly priority: number | null;
  /** Of what led to the task, so that its readiness stays in that story. */
  readonly correlationId: string;
  readonly traceparent: string | null;
}

/** `dependantId` waits for `dependencyId`. */
export interface Edge {
  readonly dependencyId: string;
  readonly dependantId: string;
}

/** All that a batch changed. Deletes come first: a row may be deleted and written again. */
export interface RowChanges {
  readonly outcomes: readonly OutcomeRow[];
  readonly waiting: readonly WaitingRow[];
  readonly noLongerWaiting: readonly string[];
  readonly edges: readonly Edge[];
}

/**
 * The scheduler's rows within one transaction. Callers lock outcomes first, then waiting tasks, each once and for all that
 * they need: both lock in id order, so that transactions wait for each other and never in a circle.
 */
export interface SchedulingRows {
  /** Creates what is missing, locks all, and returns all. */
  lockOutcomes(
    items: readonly { readonly workItemId: string; readonly tenantId: string }[],
  ): Promise<readonly OutcomeRow[]>;
  /** Who waits for one of these, whose outcomes must be locked. */
  dependantsOf(dependencyIds: readonly string[]): Promise<readonly string[]>;
  /** Locks and returns those that exist. */
  lockWaiting(workItemIds: readonly string[]): Promise<readonly WaitingRow[]>;
  /** Takes out the edges from these dependencies, whose outcomes and dependants must be locked, and returns them. */
  takeEdges(dependencyIds: readonly string[]): Promise<readonly Edge[]>;
  /** Locks and returns what is due by the database's clock, oldest first, leaving out what another transaction holds. */
  lockDue(limit: number): Promise<{ readonly now: string; readonly rows: readonly WaitingRow[] }>;
  apply(changes: RowChanges): Promise<void>;
}
