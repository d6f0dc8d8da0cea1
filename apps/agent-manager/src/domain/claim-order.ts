/** Waiting this long lifts a run by one priority, up to {@link HIGHEST_PRIORITY}: so no run starves behind others. */
export const AGEING_STEP_MS = 300_000;
export const HIGHEST_PRIORITY = 9;

/** Runs of one project, set of tools and priority: the oldest ones, oldest first. */
export interface QueueLane {
  readonly projectId: string;
  readonly toolSetId: number;
  readonly priority: number;
  readonly runs: readonly WaitingRun[];
  /** More runs wait behind the ones listed. */
  readonly hasMore: boolean;
}

export interface WaitingRun {
  readonly runId: string;
  readonly waitedMs: number;
}

/** How busy a project is. `maxRunning` null means no limit. */
export interface ProjectLoad {
  readonly projectId: string;
  readonly running: number;
  readonly maxRunning: number | null;
}

/** An agent that asks for up to `wanted` runs and can run these sets of tools. */
export interface ClaimingAgent {
  readonly agentId: string;
  readonly wanted: number;
  readonly toolSets: ReadonlySet<number>;
}

export interface Assignment {
  readonly runId: string;
  readonly projectId: string;
  readonly agentId: string;
}

/** What waits, and how busy the projects are. */
export interface Queue {
  readonly lanes: readonly QueueLane[];
  readonly projects: readonly ProjectLoad[];
}

/**
 * `isShort`: it ended because a lane's listed runs were used up while more wait behind them; list more and ask again.
 * `rest` is the queue as it is once all assignments have been taken.
 */
export interface AssignmentResult {
  readonly assignments: readonly Assignment[];
  readonly isShort: boolean;
  readonly rest: Queue;
}

/**
 * Hands runs to agents in claim order: the higher priority (lifted by age) first, then the project with fewer running
 * runs, then the older run. Among the agents that can run it, the one that got the smallest share of what it wanted.
 * Pure: the database checks every limit again under its locks.
 */
export function assignRuns(queue: Queue, agents: readonly ClaimingAgent[]): AssignmentResult {
  const heads = headsOf(queue);
  const wishes = agents.map((agent) => ({ agent, taken: 0 }));
  const assignments: Assignment[] = [];
  for (let open = openTools(wishes); open.size > 0;) {
    const best = firstOf(heads, open);
    const run = best?.lane.runs[best.next];
    if (best === undefined || run === undefined)
      return { assignments, isShort: best !== undefined, rest: restOf(heads) };
    const wish = leastServed(wishes, best.lane.toolSetId);
    assignments.push({ runId: run.runId, projectId: best.lane.projectId, agentId: wish.agent.agentId });
    best.project.running += 1;
    advance(best);
    wish.taken += 1;
    if (wish.taken >= wish.agent.wanted) open = openTools(wishes);
  }
  return { assignments, isShort: false, rest: restOf(heads) };
}

/** The priority a run has by now. */
export function effectivePriority(priority: number, waitedMs: number): number {
  return Math.min(HIGHEST_PRIORITY, priority + Math.floor(waitedMs / AGEING_STEP_MS));
}

interface Project {
  readonly load: ProjectLoad;
  running: number;
}

/** The next run of a lane, with all that it is compared by. */
interface Head {
  readonly lane: QueueLane;
  readonly project: Project;
  next: number;
  priority: number;
  waitedMs: number;
  runId: string;
}

interface Wish {
  readonly agent: ClaimingAgent;
  taken: number;
}

function headsOf({ lanes, projects }: Queue): readonly Head[] {
  const known = new Map(projects.map((load): [string, Project] => [load.projectId, { load, running: load.running }]));
  return lanes
    .filter((lane) => lane.runs.length > 0)
    .map((lane) => {
      const project = known.get(lane.projectId);
      if (project === undefined) throw new Error(`the load of project ${lane.projectId} is not given`);
      const head = { lane, project, next: -1, priority: 0, waitedMs: 0, runId: '' };
      advance(head);
      return head;
    });
}

/** A lane whose listed runs are used up stands where its last one stood: whatever waits behind it is not older. */
function advance(head: Head): void {
  head.next += 1;
  const run = head.lane.runs[head.next];
  if (run !== undefined) head.waitedMs = run.waitedMs;
  head.runId = run?.runId ?? '';
  head.priority = effectivePriority(head.lane.priority, head.waitedMs);
}

function firstOf(heads: readonly Head[], tools: ReadonlySet<number>): Head | undefined {
  let best: Head | undefined;
  for (const head of heads) {
    const { lane, project } = head;
    if (head.next >= lane.runs.length && !lane.hasMore) continue;
    if (project.load.maxRunning !== null && project.running >= project.load.maxRunning) continue;
    if (best !== undefined && !precedes(head, best)) continue;
    if (tools.has(lane.toolSetId)) best = head;
  }
  return best;
}

function precedes(a: Head, b: Head): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.project.running !== b.project.running) return a.project.running < b.project.running;
  if (a.waitedMs !== b.waitedMs) return a.waitedMs > b.waitedMs;
  return a.runId < b.runId;
}

function openTools(wishes: readonly Wish[]): ReadonlySet<number> {
  return new Set(wishes.filter(({ agent, taken }) => taken < agent.wanted).flatMap(({ agent }) => [...agent.toolSets]));
}

function leastServed(wishes: readonly Wish[], toolSetId: number): Wish {
  const share = ({ agent, taken }: Wish): number => taken / agent.wanted;
  return wishes
    .filter(({ agent, taken }) => taken < agent.wanted && agent.toolSets.has(toolSetId))
    .reduce((best, wish) => (share(wish) < share(best) ? wish : best));
}

function restOf(heads: readonly Head[]): Queue {
  const projects = new Set(heads.map(({ project }) => project));
  return {
    lanes: heads.map(({ lane, next }) => ({ ...lane, runs: lane.runs.slice(next) })),
    projects: [...projects].map(({ load, running }) => ({ ...load, running })),
  };
}
