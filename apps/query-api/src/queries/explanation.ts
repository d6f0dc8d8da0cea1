import type { ExplainFacts } from './explain.queries';

export type ReasonCode =
  | 'CREATING'
  | 'AWAITING_APPROVAL'
  | 'WAITING_FOR_DEPENDENCY'
  | 'NOT_DUE'
  | 'BACKING_OFF'
  | 'PROJECT_LIMIT'
  | 'PAUSED'
  | 'NO_CAPABLE_AGENT'
  | 'NO_FREE_SLOT'
  | 'QUEUED'
  | 'RUNNING'
  | 'FINISHED';

export interface Reason {
  readonly code: ReasonCode;
  readonly detail: string;
}

/** Why a work item is where it is. `runnable`: nothing but its turn in the queue stands in the way. */
export interface Explanation {
  readonly state: string;
  readonly runnable: boolean;
  readonly position: number | null;
  readonly reasons: readonly Reason[];
}

const FINISHED = new Set(['completed', 'failed', 'cancelled', 'deleted']);

/** Explains from facts alone; `position` is the place in the run queue, null when it is not queued. */
export function explain(facts: ExplainFacts, position: number | null): Explanation {
  const settled = settledReason(facts);
  if (settled) return { state: facts.state, runnable: false, position: null, reasons: [settled] };
  const obstacles = [...waitingReasons(facts), ...claimReasons(facts)];
  const queued: Reason = {
    code: 'QUEUED',
    detail: position === null ? 'on its way into the queue' : `number ${position} in the queue`,
  };
  return {
    state: facts.state,
    runnable: obstacles.length === 0,
    position,
    reasons: obstacles.length === 0 ? [queued] : obstacles,
  };
}

function settledReason(facts: ExplainFacts): Reason | undefined {
  if (FINISHED.has(facts.state)) return { code: 'FINISHED', detail: `it is ${facts.state}` };
  if (facts.state === 'running') return { code: 'RUNNING', detail: `attempt ${facts.attempt} is running` };
  if (facts.state === 'awaiting_approval') return { code: 'AWAITING_APPROVAL', detail: 'a person must approve it' };
  if (facts.state !== 'draft') return undefined;
  const step = facts.creationStep === null ? '' : `, at step ${facts.creationStep}`;
  return { code: 'CREATING', detail: `its creation is ${facts.creationStatus ?? 'running'}${step}` };
}

function waitingReasons(facts: ExplainFacts): Reason[] {
  const reasons: Reason[] = facts.openDependencies.map(({ id, state }) => ({
    code: 'WAITING_FOR_DEPENDENCY',
    detail: `${id} is ${state ?? 'not known yet'}`,
  }));
  const due = facts.dueAt ?? facts.notBefore;
  if (due === null || due.getTime() <= facts.now.getTime()) return reasons;
  const code = facts.taskStatus === 'backing_off' ? 'BACKING_OFF' : 'NOT_DUE';
  return [...reasons, { code, detail: `not before ${due.toISOString()}` }];
}

function claimReasons(facts: ExplainFacts): Reason[] {
  const reasons: Reason[] = [];
  if (facts.paused) reasons.push({ code: 'PAUSED', detail: 'the project is paused' });
  if (facts.maxConcurrentRuns !== null && facts.runningInProject >= facts.maxConcurrentRuns) {
    reasons.push({
      code: 'PROJECT_LIMIT',
      detail: `${facts.runningInProject} of ${facts.maxConcurrentRuns} runs are running`,
    });
  }
  if (facts.maxRunMinutesPerDay !== null && facts.runMinutesToday >= facts.maxRunMinutesPerDay) {
    const used = Math.floor(facts.runMinutesToday);
    reasons.push({
      code: 'PROJECT_LIMIT',
      detail: `${used} of ${facts.maxRunMinutesPerDay} run minutes are used up today`,
    });
  }
  const capable = facts.agents.filter(({ capabilities }) => facts.tools.every((tool) => capabilities.includes(tool)));
  if (capable.length === 0) {
    reasons.push({ code: 'NO_CAPABLE_AGENT', detail: `no agent that is online has ${facts.tools.join(', ')}` });
  } else if (capable.every(({ slots, busySlots }) => busySlots >= slots)) {
    reasons.push({ code: 'NO_FREE_SLOT', detail: 'every capable agent is busy' });
  }
  return reasons;
}
