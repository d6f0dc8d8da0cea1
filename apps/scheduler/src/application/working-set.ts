import type { Edge, Outcome, OutcomeRow, RowChanges, SchedulingRows, WaitingRow } from './scheduling-rows';

/** What a batch is about, found out before anything is locked. */
export interface Footprint {
  /** Items of messages, and dependencies of items to be scheduled. */
  readonly items: readonly { readonly workItemId: string; readonly tenantId: string }[];
  /** Items of messages. */
  readonly taskIds: readonly string[];
  /** Items whose outcome will be set. */
  readonly resolvedIds: readonly string[];
}

/**
 * The locked rows of one batch in memory: changed message by message, written once at the end. Nothing of it is valid
 * after its transaction.
 */
export class WorkingSet {
  private readonly changedOutcomes = new Set<string>();
  private readonly changedWaiting = new Set<string>();
  private readonly ended = new Set<string>();
  private readonly newEdges = new Map<string, Edge>();

  private constructor(
    private readonly outcomes: Map<string, OutcomeRow>,
    private readonly waiting: Map<string, WaitingRow>,
    private edges: readonly Edge[],
  ) {}

  /** Locks and reads in the one legal order: outcomes, then waiting tasks with those of dependants. */
  static async load(rows: SchedulingRows, footprint: Footprint): Promise<WorkingSet> {
    const outcomes = await rows.lockOutcomes(footprint.items);
    const dependants = await rows.dependantsOf(footprint.resolvedIds);
    const waiting = await rows.lockWaiting([...new Set([...footprint.taskIds, ...dependants])]);
    const edges = await rows.takeEdges(footprint.resolvedIds);
    return new WorkingSet(
      new Map(outcomes.map((row) => [row.workItemId, row])),
      new Map(waiting.map((row) => [row.workItemId, row])),
      edges,
    );
  }

  get waitingIds(): readonly string[] {
    return [...this.waiting.keys()];
  }

  outcomeOf(workItemId: string): OutcomeRow {
    const row = this.outcomes.get(workItemId);
    if (row === undefined) throw new Error(`the outcome of ${workItemId} was not locked`);
    return row;
  }

  waitingOf(workItemId: string): WaitingRow | undefined {
    return this.waiting.get(workItemId);
  }

  /** What its priority was changed to; null when it never was. */
  priorityOf(workItemId: string): number | null {
    return this.outcomes.get(workItemId)?.priority ?? this.waiting.get(workItemId)?.priority ?? null;
  }

  setOutcome(workItemId: string, outcome: Outcome | null): void {
    this.change(workItemId, { outcome });
  }

  setPriority(workItemId: string, priority: number): void {
    this.change(workItemId, { priority });
    const row = this.waiting.get(workItemId);
    if (row !== undefined) this.wait({ ...row, priority });
  }

  /** The task waits; `dependencyIds` are the open ones. */
  wait(row: WaitingRow, dependencyIds: readonly string[] = []): void {
    this.waiting.set(row.workItemId, row);
    this.changedWaiting.add(row.workItemId);
    for (const dependencyId of dependencyIds) {
      const edge = { dependencyId, dependantId: row.workItemId };
      this.newEdges.set(`${dependencyId} ${row.workItemId}`, edge);
    }
  }

  /** The task waits for nothing any more. */
  endWait(workItemId: string): void {
    if (!this.waiting.delete(workItemId)) return;
    this.ended.add(workItemId);
    this.changedWaiting.delete(workItemId);
    this.edges = this.edges.filter(({ dependantId }) => dependantId !== workItemId);
    for (const [name, edge] of this.newEdges) if (edge.dependantId === workItemId) this.newEdges.delete(name);
  }

  /** Takes out the edges from this item and returns who waited for it. */
  takeDependants(dependencyId: string): readonly WaitingRow[] {
    const taken = [...this.edges, ...this.newEdges.values()].filter((edge) => edge.dependencyId === dependencyId);
    this.edges = this.edges.filter((edge) => edge.dependencyId !== dependencyId);
    for (const edge of taken) this.newEdges.delete(`${edge.dependencyId} ${edge.dependantId}`);
    return taken.flatMap(({ dependantId }) => this.waiting.get(dependantId) ?? []);
  }

  changes(): RowChanges {
    return {
      outcomes: [...this.changedOutcomes].map((id) => this.outcomeOf(id)),
      noLongerWaiting: [...this.ended],
      waiting: [...this.changedWaiting].map((id) => this.waiting.get(id)!),
      // Those that were taken out for an outcome that turned out to be none go back.
      edges: [...this.edges, ...this.newEdges.values()],
    };
  }

  private change(workItemId: string, change: Partial<OutcomeRow>): void {
    this.outcomes.set(workItemId, { ...this.outcomeOf(workItemId), ...change });
    this.changedOutcomes.add(workItemId);
  }
}
