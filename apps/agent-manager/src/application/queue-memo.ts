import {
  assignRuns,
  type Assignment,
  type AssignmentResult,
  type ClaimingAgent,
  type Queue,
} from '../domain/claim-order';

/** Reads the oldest runs of every lane that these sets of tools can run. */
export type ReadQueue = (toolSets: readonly number[], perLane: number) => Promise<Queue>;

/** So long a look at the queue serves for further claims: what other replicas queue is noticed this late, as at the desk's beat. */
const FRESH_MS = 500;
/** Enough of each lane for several rounds, because the most urgent lanes are used up first. */
const MIN_PER_LANE = 8;
const ROUNDS_PER_LOOK = 8;
/** With very many lanes a look takes less of each, so that its cost stays in bounds. */
const MAX_LISTED = 4_000;
const LEAST_PER_LANE = 2;

/**
 * Chooses runs from a look at the queue that may serve several rounds: while it is fresh, nothing new was heard, and there
 * is enough in it for everybody. What it chooses is only a proposal, so that a look that has become untrue costs a repeat
 * and nothing else. The look is dropped whenever the queue of this process changes.
 */
export class QueueMemo {
  private memo: { readonly queue: Queue; readonly toolSets: string; readonly at: number } | null = null;
  private lanesSeen = 1;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The queue has changed: runs were added or taken back, priorities or limits moved. */
  forget(): void {
    this.memo = null;
  }

  /** What each agent should get, in claim order. */
  async propose(agents: readonly ClaimingAgent[], read: ReadQueue): Promise<readonly Assignment[]> {
    const wanted = agents.reduce((sum, agent) => sum + agent.wanted, 0);
    const toolSets = [...new Set(agents.flatMap((agent) => [...agent.toolSets]))].sort((a, b) => a - b);
    const remembered = this.fromMemo(agents, wanted, toolSets.join());
    if (remembered !== null) return remembered;
    const first = await this.look(agents, { read, toolSets, perLane: this.depthFor(wanted) });
    // With as many of each lane as are wanted in all, no lane can be used up too early.
    const whole = first.isShort ? await this.look(agents, { read, toolSets, perLane: wanted }) : first;
    return whole.assignments;
  }

  private depthFor(wanted: number): number {
    const usual = Math.max(MIN_PER_LANE, Math.ceil((ROUNDS_PER_LOOK * wanted) / this.lanesSeen));
    return Math.max(LEAST_PER_LANE, Math.min(usual, Math.floor(MAX_LISTED / this.lanesSeen)));
  }

  private async look(
    agents: readonly ClaimingAgent[],
    how: { readonly read: ReadQueue; readonly toolSets: readonly number[]; readonly perLane: number },
  ): Promise<AssignmentResult> {
    const at = this.now();
    const queue = await how.read(how.toolSets, how.perLane);
    this.lanesSeen = Math.max(1, queue.lanes.length);
    const result = assignRuns(queue, agents);
    this.memo = { queue: result.rest, toolSets: how.toolSets.join(), at };
    return result;
  }

  private fromMemo(agents: readonly ClaimingAgent[], wanted: number, toolSets: string): readonly Assignment[] | null {
    const { memo } = this;
    if (memo === null || memo.toolSets !== toolSets || this.now() - memo.at > FRESH_MS) return null;
    // What waits behind a used-up lane might be more urgent than what is left in the others.
    if (memo.queue.lanes.some((lane) => lane.runs.length === 0 && lane.hasMore)) return null;
    const { assignments, rest } = assignRuns(memo.queue, agents);
    if (assignments.length < wanted) return null;
    this.memo = { ...memo, queue: rest };
    return assignments;
  }
}
