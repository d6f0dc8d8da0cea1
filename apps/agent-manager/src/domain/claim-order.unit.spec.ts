import { deepFreeze } from '@codex/event-sourcing/testing';
import fc from 'fast-check';
import { plainOrder, type WaitingRun as Waiting } from '../../test/plain-order';
import { AGEING_STEP_MS, assignRuns, effectivePriority, type Queue, type QueueLane } from './claim-order';

function lanesOf(runs: readonly Waiting[], perLane: number): readonly QueueLane[] {
  const lanes = Map.groupBy(runs, (run) => `${run.projectId} ${run.toolSetId} ${run.priority}`);
  return [...lanes.values()].map((members) => {
    const sorted = members.toSorted((a, b) => b.waitedMs - a.waitedMs || (a.runId < b.runId ? -1 : 1));
    return { ...members[0]!, runs: sorted.slice(0, perLane), hasMore: sorted.length > perLane };
  });
}

const PROJECTS = ['p1', 'p2', 'p3'];
const aProject = (projectId: string) =>
  fc.record({
    projectId: fc.constant(projectId),
    running: fc.integer({ min: 0, max: 4 }),
    maxRunning: fc.option(fc.integer({ min: 0, max: 8 }), { nil: null }),
  });
const projects = fc.tuple(...PROJECTS.map(aProject));
const waiting = fc
  .array(
    fc.record({
      projectId: fc.constantFrom(...PROJECTS),
      toolSetId: fc.constantFrom(1, 2),
      priority: fc.integer({ min: 0, max: 9 }),
      waitedMs: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 12 * AGEING_STEP_MS })),
    }),
    { maxLength: 60 },
  )
  .map((runs) => runs.map((run, index): Waiting => ({ ...run, runId: `r${String(index).padStart(3, '0')}` })));
const anyone = (wanted: number) => ({ agentId: 'a1', wanted, toolSets: new Set([1, 2]) });

function queue(
  runs: readonly Partial<Waiting>[],
  loads: Record<string, [running: number, max: number | null]> = {},
): Queue {
  const complete = runs.map((run, index) => ({
    runId: `r${index}`,
    projectId: 'p1',
    toolSetId: 1,
    priority: 5,
    waitedMs: 0,
    ...run,
  }));
  return deepFreeze({
    lanes: lanesOf(complete, 100),
    projects: [...new Set(complete.map((run) => run.projectId))].map((projectId) => ({
      projectId,
      running: loads[projectId]?.[0] ?? 0,
      maxRunning: loads[projectId]?.[1] ?? null,
    })),
  });
}

const order = (view: Queue, wanted = 100) => assignRuns(view, [anyone(wanted)]).assignments.map(({ runId }) => runId);

describe('claim order', () => {
  it('puts the higher priority first', () =>
    expect(order(queue([{ priority: 3 }, { priority: 9 }, { priority: 5 }]))).toEqual(['r1', 'r2', 'r0']));
  it('puts the project with fewer running runs first', () =>
    expect(order(queue([{ projectId: 'p1' }, { projectId: 'p2' }], { p1: [3, null], p2: [1, null] }))).toEqual([
      'r1',
      'r0',
    ]));
  it('takes turns between projects that are equally busy', () =>
    expect(order(queue(['p1', 'p1', 'p2', 'p2'].map((projectId, n) => ({ projectId, waitedMs: 100 - n }))))).toEqual([
      'r0',
      'r2',
      'r1',
      'r3',
    ]));
  it('puts the older run first', () => expect(order(queue([{ waitedMs: 1 }, { waitedMs: 9 }]))).toEqual(['r1', 'r0']));
  it('puts the priority before fairness', () =>
    expect(order(queue([{ projectId: 'p1', priority: 9 }, { projectId: 'p2' }], { p1: [50, null] }))).toEqual([
      'r0',
      'r1',
    ]));
  it('lifts a run by one priority for each step of age', () => {
    expect(effectivePriority(0, AGEING_STEP_MS - 1)).toBe(0);
    expect(effectivePriority(0, AGEING_STEP_MS)).toBe(1);
    expect(effectivePriority(5, 100 * AGEING_STEP_MS)).toBe(9);
  });
  it('lets no run starve: the lowest priority comes first once it is old enough', () =>
    expect(order(queue([{ priority: 9 }, { priority: 0, waitedMs: 9 * AGEING_STEP_MS }]))).toEqual(['r1', 'r0']));
  it('stops at the limit of a project', () =>
    expect(order(queue([{}, {}, {}, { projectId: 'p2', priority: 0 }], { p1: [3, 5] }))).toEqual(['r0', 'r1', 'r3']));
  it('gives an agent only what it has the tools for', () => {
    const agents = [{ agentId: 'a1', wanted: 5, toolSets: new Set([2]) }];
    const { assignments } = assignRuns(queue([{ toolSetId: 1 }, { toolSetId: 2 }]), agents);
    expect(assignments).toEqual([{ runId: 'r1', projectId: 'p1', agentId: 'a1' }]);
  });
  it('spreads runs over agents by the share of what they want', () => {
    const agents = [
      { ...anyone(4), agentId: 'a1' },
      { ...anyone(2), agentId: 'a2' },
    ];
    const { assignments } = assignRuns(queue([{}, {}, {}]), agents);
    expect(assignments.map(({ agentId }) => agentId)).toEqual(['a1', 'a2', 'a1']);
  });
  it('never gives an agent more than it wants', () =>
    expect(assignRuns(queue([{}, {}, {}]), [anyone(2)]).assignments).toHaveLength(2));

  it('is the plain order, for any queue', () => {
    fc.assert(
      fc.property(waiting, projects, fc.integer({ min: 0, max: 40 }), (runs, loads, wanted) => {
        const view = deepFreeze({ lanes: lanesOf(runs, 100), projects: loads });
        expect(order(view, wanted)).toEqual(plainOrder(runs, loads, wanted));
      }),
    );
  });

  it('is a beginning of the plain order when lanes are listed in part, and says whether it is short', () => {
    fc.assert(
      fc.property(waiting, projects, fc.integer({ min: 1, max: 4 }), (runs, loads, perLane) => {
        const view = deepFreeze({ lanes: lanesOf(runs, perLane), projects: loads });
        const { assignments, isShort } = assignRuns(view, [anyone(100)]);
        const whole = plainOrder(runs, loads, 100);
        expect(assignments.map(({ runId }) => runId)).toEqual(whole.slice(0, assignments.length));
        if (!isShort) expect(assignments).toHaveLength(whole.length);
      }),
    );
  });

  it('goes on with the rest as if it had been asked for all at once', () => {
    fc.assert(
      fc.property(waiting, projects, fc.integer({ min: 0, max: 20 }), (runs, loads, first) => {
        const view = deepFreeze({ lanes: lanesOf(runs, 100), projects: loads });
        const { assignments, rest } = assignRuns(view, [anyone(first)]);
        const taken = assignments.map(({ runId }) => runId);
        expect([...taken, ...order(rest)]).toEqual(plainOrder(runs, loads, 100));
      }),
    );
  });
});
