import type { ScheduleWorkItemData } from '@codex/contracts';
import { fold } from '@codex/event-sourcing';
import { aCommand, specify } from '@codex/event-sourcing/testing';
import fc from 'fast-check';
import type { Surroundings, TaskCommand } from './task.commands';
import { taskDecider } from './task.decider';
import type { TaskEvent } from './task.events';

const { given } = specify(taskDecider);

const NOW = '2030-01-01T00:00:00.000Z';
const LATER = '2030-01-01T01:00:00.000Z';
const item = { workItemId: 'w1', projectId: 'p1' };
const work = { toolRecipe: { steps: [{ tool: 'noop', with: {} }] }, tools: ['noop'], timeoutMs: 60_000 };
const retry = { maxAttempts: 3, initialBackoffMs: 4_000, maxBackoffMs: 10_000 };
const request: ScheduleWorkItemData = {
  ...item,
  processId: 'c1',
  priority: 5,
  ...work,
  dependencies: [],
  notBefore: null,
  retry,
  firstAttempt: 1,
  scheduledBy: 'tester',
};
const free: Surroundings = { isOver: false, openDependencies: 0, brokenDependency: null };
const broken = { code: 'DEPENDENCY_FAILED', message: 'another one failed' };
const error = { code: 'EXIT_1', message: 'it said no' };

const schedule = (changes: Partial<ScheduleWorkItemData & Surroundings> = {}) =>
  aCommand('ScheduleTask', { ...request, ...free, ...changes });
const unschedule = (processId = 'c1') => aCommand('UnscheduleTask', { ...item, processId, reason: null });
const makeReady = (priority: number | null = null, now = NOW) => aCommand('MakeTaskReady', { priority }, { now });
const start = (attempt: number) => aCommand('StartTask', { attempt, runId: `r${attempt}` });
const fail = (attempt: number, changes: { retryable?: boolean; random?: number } = {}) =>
  aCommand('FailAttempt', { attempt, runId: `r${attempt}`, error, retryable: true, random: 0, ...changes });
const complete = (attempt: number) => aCommand('CompleteTask', { attempt, runId: `r${attempt}` });
const giveUp = (attempt: number | null) => aCommand('FailTask', { attempt, runId: null, error });
const cancel = aCommand('CancelTask', { reason: 'not needed' });

const scheduled = (changes: Partial<ScheduleWorkItemData> = {}): TaskEvent => ({
  type: 'TaskScheduled',
  data: { ...request, ...changes },
});
const ready = (attempt: number, changes: { priority?: number; maxAttempts?: number } = {}): TaskEvent => ({
  type: 'TaskReady',
  data: { ...item, attempt, maxAttempts: 3, priority: 5, ...work, ...changes },
});
const started = (attempt: number): TaskEvent => ({
  type: 'TaskStarted',
  data: { ...item, attempt, runId: `r${attempt}` },
});
const retried = (attempt: number, dueAt: string): TaskEvent => ({
  type: 'TaskRetryScheduled',
  data: { ...item, attempt, nextAttempt: attempt + 1, dueAt, runId: `r${attempt}`, error },
});
const failed = (attempt: number, runId: string | null = `r${attempt}`, why = error): TaskEvent => ({
  type: 'TaskFailed',
  data: { ...item, attempt, runId, error: why },
});
const completed = (attempt: number): TaskEvent => ({ type: 'TaskCompleted', data: { ...item, attempt } });
const cancelled: TaskEvent = { type: 'TaskCancelled', data: { ...item, reason: 'not needed' } };
const unscheduled = (processId = 'c1'): TaskEvent => ({
  type: 'TaskUnscheduled',
  data: { ...item, processId, reason: null },
});

describe('scheduling', () => {
  it('makes a task ready that waits for nothing', () =>
    given([])
      .when(schedule())
      .then([scheduled(), ready(1)]));
  it('waits for dependencies', () =>
    given([])
      .when(schedule({ openDependencies: 2 }))
      .then([scheduled()]));
  it('waits for its time', () =>
    given([])
      .when(schedule({ notBefore: LATER }))
      .then([scheduled({ notBefore: LATER })]));
  it('does not wait for a time that is past', () =>
    given([])
      .when(schedule({ notBefore: NOW }))
      .then([scheduled({ notBefore: NOW }), ready(1)]));
  it('fails at once what can never be ready', () =>
    given([])
      .when(schedule({ openDependencies: 1, brokenDependency: broken }))
      .then([scheduled(), failed(1, null, broken)]));
  it('changes nothing for an item that is over', () =>
    given([])
      .when(schedule({ isOver: true }))
      .thenNothing());
  it('changes nothing when repeated', () => given([scheduled()]).when(schedule()).thenNothing());
  it('changes nothing when repeated after the end', () =>
    given([scheduled(), ready(1), failed(1)])
      .when(schedule())
      .thenNothing());
  it('changes nothing after completion', () =>
    given([scheduled(), ready(1), completed(1)])
      .when(schedule({ processId: 'c2' }))
      .thenNothing());
  it('changes nothing after a cancel', () =>
    given([scheduled(), cancelled])
      .when(schedule({ processId: 'c2' }))
      .thenNothing());

  it('takes a failed task in again, and attempts go on counting', () =>
    given([scheduled(), ready(1), failed(1)])
      .when(schedule({ processId: 'c2', firstAttempt: 2 }))
      .then([scheduled({ processId: 'c2', firstAttempt: 2 }), ready(2, { maxAttempts: 4 })]));
  it('does not replace an open task', () =>
    given([scheduled(), ready(1)])
      .when(schedule({ processId: 'c2' }))
      .thenNothing());
  it('never offers the number of an attempt again', () =>
    given([scheduled(), ready(1), unscheduled()])
      .when(schedule({ processId: 'c2' }))
      .then([scheduled({ processId: 'c2', firstAttempt: 2 }), ready(2, { maxAttempts: 4 })]));
  it('replaces an open task whose attempts are over for the one who asks', () =>
    given([scheduled(), ready(1)])
      .when(schedule({ processId: 'c2', firstAttempt: 2, openDependencies: 1 }))
      .then([scheduled({ processId: 'c2', firstAttempt: 2 })]));
});

describe('unscheduling', () => {
  it('takes an open task back', () =>
    given([scheduled(), ready(1)])
      .when(unschedule())
      .then([unscheduled()]));
  it('is remembered before the task is known', () => given([]).when(unschedule()).then([unscheduled()]));
  it('makes the scheduling that comes later a no-op', () => given([unscheduled()]).when(schedule()).thenNothing());
  it('leaves other processes alone', () =>
    given([unscheduled()])
      .when(schedule({ processId: 'c2' }))
      .then([scheduled({ processId: 'c2' }), ready(1)]));
  it('does not take the task of another process back', () => given([scheduled()]).when(unschedule('c2')).thenNothing());
  it('changes nothing when repeated', () => given([scheduled(), unscheduled()]).when(unschedule()).thenNothing());
  it('changes nothing after the end', () =>
    given([scheduled(), ready(1), failed(1)])
      .when(unschedule())
      .thenNothing());
  it('changes nothing after completion', () =>
    given([scheduled(), ready(1), completed(1)])
      .when(unschedule())
      .thenNothing());
});

describe('readiness', () => {
  it('comes when the last dependency is completed', () =>
    given([scheduled()])
      .when(makeReady())
      .then([ready(1)]));
  it('takes the newest priority', () =>
    given([scheduled()])
      .when(makeReady(9))
      .then([ready(1, { priority: 9 })]));
  it('waits for the time', () =>
    given([scheduled({ notBefore: LATER })])
      .when(makeReady())
      .thenNothing());
  it('comes at the time', () =>
    given([scheduled({ notBefore: LATER })])
      .when(makeReady(null, LATER))
      .then([ready(1)]));
  it('comes once', () =>
    given([scheduled(), ready(1)])
      .when(makeReady())
      .thenNothing());
  it('does not come for a task that was taken back', () =>
    given([scheduled(), unscheduled()]).when(makeReady()).thenNothing());
  it('comes again for the next attempt, when it is due', () =>
    given([scheduled(), ready(1), retried(1, NOW)])
      .when(makeReady())
      .then([ready(2)]));
  it('does not come before the backoff is over', () =>
    given([scheduled(), ready(1), retried(1, LATER)])
      .when(makeReady())
      .thenNothing());
});

describe('an attempt', () => {
  it('starts', () =>
    given([scheduled(), ready(1)])
      .when(start(1))
      .then([started(1)]));
  it('starts once', () =>
    given([scheduled(), ready(1), started(1)])
      .when(start(1))
      .thenNothing());
  it('does not start after its end', () =>
    given([scheduled(), ready(1), started(1), retried(1, LATER)])
      .when(start(1))
      .thenNothing());
  it('that fails is repeated after half of the backoff at least', () =>
    given([scheduled(), ready(1), started(1)])
      .when(fail(1))
      .then([retried(1, '2030-01-01T00:00:02.000Z')]));
  it('that fails is repeated after the whole backoff at most', () =>
    given([scheduled(), ready(1), started(1)])
      .when(fail(1, { random: 1 }))
      .then([retried(1, '2030-01-01T00:00:04.000Z')]));
  it('waits twice as long the second time', () =>
    given([scheduled(), ready(1), started(1), retried(1, NOW), ready(2), started(2)])
      .when(fail(2))
      .then([retried(2, '2030-01-01T00:00:04.000Z')]));
  it('that fails before its start was heard of has started', () =>
    given([scheduled(), ready(1)])
      .when(fail(1))
      .then([started(1), retried(1, '2030-01-01T00:00:02.000Z')]));
  it('can fail once', () =>
    given([scheduled(), ready(1), retried(1, LATER)])
      .when(fail(1))
      .thenNothing());
  it('of long ago changes nothing', () =>
    given([scheduled(), ready(1), retried(1, NOW), ready(2)])
      .when(fail(1))
      .thenNothing());
  it('fails the task when it was the last one', () =>
    given([scheduled({ firstAttempt: 3 }), ready(5), started(5)])
      .when(fail(5))
      .then([failed(5)]));
  it('fails the task when another one makes no sense', () =>
    given([scheduled(), ready(1), started(1)])
      .when(fail(1, { retryable: false }))
      .then([failed(1)]));
});

describe('the judgement', () => {
  it('completes the task', () =>
    given([scheduled(), ready(1), started(1)])
      .when(complete(1))
      .then([completed(1)]));
  it('completes a task whose start was not heard of', () =>
    given([scheduled(), ready(1)])
      .when(complete(1))
      .then([started(1), completed(1)]));
  it('completes once', () =>
    given([scheduled(), ready(1), completed(1)])
      .when(complete(1))
      .thenNothing());
  it('stops a retry when the attempt was completed after all', () =>
    given([scheduled(), ready(1), retried(1, LATER)])
      .when(complete(1))
      .then([completed(1)]));
  it('fails an open task', () =>
    given([scheduled(), ready(1)])
      .when(giveUp(1))
      .then([failed(1, null)]));
  it('about an earlier attempt changes nothing', () =>
    given([scheduled({ processId: 'c2', firstAttempt: 2 })])
      .when(giveUp(1))
      .thenNothing());
  it('that it failed is no news to who said so', () =>
    given([scheduled(), ready(1), failed(1)])
      .when(giveUp(1))
      .thenNothing());
  it('fails a task with its dependency', () =>
    given([scheduled()])
      .when(giveUp(null))
      .then([failed(1, null)]));
  it('cancels an open task', () =>
    given([scheduled(), ready(1), started(1)])
      .when(cancel)
      .then([cancelled]));
  it('cancels once', () => given([scheduled(), cancelled]).when(cancel).thenNothing());
  it('about an item that is not known as a task changes nothing', () => given([]).when(cancel).thenNothing());
});

describe('any facts in any order', () => {
  const attempt = fc.integer({ min: 1, max: 5 });
  const process = fc.constantFrom('c1', 'c2');
  const command: fc.Arbitrary<TaskCommand> = fc.oneof(
    fc
      .tuple(process, attempt, fc.nat(1))
      .map(([processId, firstAttempt, openDependencies]) => schedule({ processId, firstAttempt, openDependencies })),
    process.map(unschedule),
    fc.constantFrom<TaskCommand>(makeReady(), makeReady(null, LATER), cancel),
    attempt.map(start),
    fc.tuple(attempt, fc.boolean()).map(([n, retryable]) => fail(n, { retryable })),
    attempt.map(complete),
    attempt.map(giveUp),
  );

  it('never offer an attempt twice and never count back, and never go on after the end', () =>
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const events = run(commands);
        const offered = events.flatMap((event) => (event.type === 'TaskReady' ? [event.data.attempt] : []));
        const closedAt = events.findIndex(({ type }) => type === 'TaskCompleted' || type === 'TaskCancelled');
        const goesOn = closedAt >= 0 && closedAt < events.length - 1;
        return !goesOn && offered.every((n, index) => index === 0 || n > offered[index - 1]!);
      }),
    ));

  it('heard twice change no more than heard once', () =>
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        let state = taskDecider.initialState();
        for (const next of commands) {
          state = fold(taskDecider, state, taskDecider.decide(next, state));
          if (taskDecider.decide(next, state).length > 0) return false;
        }
        return true;
      }),
    ));
});

function run(commands: readonly TaskCommand[]): readonly TaskEvent[] {
  return commands.reduce<readonly TaskEvent[]>((events, command) => {
    const state = fold(taskDecider, taskDecider.initialState(), events);
    return [...events, ...taskDecider.decide(command, state)];
  }, []);
}
