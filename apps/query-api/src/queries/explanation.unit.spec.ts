import type { ExplainFacts } from './explain.queries';
import { explain } from './explanation';

const now = new Date('2026-01-01T00:00:00.000Z');
const later = new Date('2026-01-01T01:00:00.000Z');
const agent = { capabilities: ['noop', 'git'], slots: 2, busySlots: 1 };
const queued: ExplainFacts = {
  ...{ state: 'scheduled', attempt: 1, creationStatus: 'completed', creationStep: null, openDependencies: [] },
  ...{ taskStatus: 'ready', dueAt: null, notBefore: null, tools: ['noop'], paused: false, maxConcurrentRuns: 10 },
  ...{ runningInProject: 9, agents: [agent], now },
  ...{ maxRunMinutesPerDay: null, runMinutesToday: 0 },
};
const codesOf = (facts: Partial<ExplainFacts>) => explain({ ...queued, ...facts }, 3).reasons.map(({ code }) => code);

describe('the explanation of a work item', () => {
  it('says its place when nothing but its turn is missing', () => {
    expect(explain(queued, 3)).toEqual({
      ...{ state: 'scheduled', runnable: true, position: 3 },
      reasons: [{ code: 'QUEUED', detail: 'number 3 in the queue' }],
    });
    expect(explain(queued, null).reasons).toEqual([{ code: 'QUEUED', detail: 'on its way into the queue' }]);
  });

  it.each([
    ['CREATING', { state: 'draft', creationStatus: 'running', creationStep: 'AssignQuota' }],
    ['CREATING', { state: 'draft', creationStatus: null }],
    ['AWAITING_APPROVAL', { state: 'awaiting_approval' }],
    ['RUNNING', { state: 'running' }],
    ['FINISHED', { state: 'completed' }],
    ['FINISHED', { state: 'failed' }],
    ['FINISHED', { state: 'cancelled' }],
    ['FINISHED', { state: 'deleted' }],
    ['WAITING_FOR_DEPENDENCY', { openDependencies: [{ id: 'd', state: null }] }],
    ['NOT_DUE', { taskStatus: 'scheduled', dueAt: later }],
    ['NOT_DUE', { taskStatus: null, notBefore: later }],
    ['BACKING_OFF', { taskStatus: 'backing_off', dueAt: later }],
    ['PAUSED', { paused: true }],
    ['PROJECT_LIMIT', { runningInProject: 10 }],
    ['PROJECT_LIMIT', { maxRunMinutesPerDay: 60, runMinutesToday: 60 }],
    ['PROJECT_LIMIT', { maxRunMinutesPerDay: 0, runMinutesToday: 0 }],
    ['NO_CAPABLE_AGENT', { agents: [] }],
    ['NO_CAPABLE_AGENT', { tools: ['noop', 'docker'] }],
    ['NO_FREE_SLOT', { agents: [{ ...agent, busySlots: 2 }] }],
  ] as const)('is %s for %j', (code, facts) => {
    expect(codesOf(facts)).toEqual([code]);
    expect(explain({ ...queued, ...facts }, 3).runnable).toBe(false);
  });

  it('names everything that stands in the way', () => {
    const facts = { openDependencies: [{ id: 'd', state: 'draft' }], notBefore: later, paused: true, agents: [] };
    expect(codesOf(facts)).toEqual(['WAITING_FOR_DEPENDENCY', 'NOT_DUE', 'PAUSED', 'NO_CAPABLE_AGENT']);
  });

  it('forgets a due time that has come, a lifted limit, and busy agents while another one is free', () => {
    expect(codesOf({ dueAt: now, taskStatus: 'backing_off' })).toEqual(['QUEUED']);
    expect(codesOf({ maxConcurrentRuns: null, runningInProject: 1_000 })).toEqual(['QUEUED']);
    expect(codesOf({ maxRunMinutesPerDay: 60, runMinutesToday: 59.9 })).toEqual(['QUEUED']);
    expect(codesOf({ agents: [{ ...agent, busySlots: 2 }, agent] })).toEqual(['QUEUED']);
  });

  it('has no place in the queue for what is not in it', () => {
    expect(explain({ ...queued, state: 'running' }, 3).position).toBeNull();
  });
});
