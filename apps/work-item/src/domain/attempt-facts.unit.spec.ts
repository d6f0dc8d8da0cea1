import { fold } from '@codex/event-sourcing';
import { specify } from '@codex/event-sourcing/testing';
import * as fc from 'fast-check';
import * as w from '../../test/work-item-sentences';
import { workItemDecider } from './work-item.decider';
import type { WorkItemCommand } from './work-item.commands';
import type { WorkItemFact } from './work-item.events';
import { initialState, isLiving, type WorkItemState } from './work-item.state';

const { given } = specify(workItemDecider);
const again = w.moved('failed', 'scheduled', { attempt: 1, processId: w.retryId });

describe('the facts in their order', () => {
  it('a run starts', () => given(w.isScheduled).when(w.runStarted()).then([w.running()]));
  it('a run completes: state, result, run and artifacts together', () =>
    given(w.isRunning).when(w.runCompleted()).then([w.completed()]));
  it('another attempt is due', () => given(w.isRunning).when(w.retryScheduled()).then([w.retrying()]));
  it('the next attempt starts', () =>
    given([...w.isRunning, w.retrying()])
      .when(w.runStarted(2))
      .then([w.running(2)]));
  it('no attempt is left', () => given(w.isRunning).when(w.taskFailed()).then([w.failed()]));
  it('an attempt of the retry starts', () =>
    given([...w.isRetrying, again])
      .when(w.runStarted(2))
      .then([w.running(2)]));
});

describe('a later fact brings along what it implies', () => {
  it('a run that started before the scheduler was heard', () =>
    given(w.isDraft).when(w.runStarted()).then([w.scheduled, w.running()]));
  it('a run that completed before its start was heard', () =>
    given(w.isScheduled).when(w.runCompleted()).then([w.running(), w.completed()]));
  it('a run that completed before anything was heard', () =>
    given(w.isDraft).when(w.runCompleted()).then([w.scheduled, w.running(), w.completed()]));
  it('the next attempt, before the end of the one that runs', () =>
    given(w.isRunning)
      .when(w.runStarted(2))
      .then([w.moved('running', 'scheduled', w.run(1)), w.running(2)]));
  it('a retry of an attempt whose start was not heard', () =>
    given(w.isScheduled).when(w.retryScheduled()).then([w.running(), w.retrying()]));
  it('the failure of an attempt whose start was not heard', () =>
    given(w.isScheduled).when(w.taskFailed()).then([w.running(), w.failed()]));
  it('a dependency that failed: no attempt ever began', () =>
    given(w.isDraft)
      .when(w.neverStarted())
      .then([w.scheduled, w.moved('scheduled', 'failed', { error: w.error, reason: w.error.message })]));
  it('an attempt of the retry, before the scheduler was heard', () =>
    given(w.isRetrying)
      .when(w.runStarted(2))
      .then([again, w.running(2)]));
  it('the judgement that an attempt is over for good, after it was to be repeated', () =>
    given([...w.isRunning, w.retrying()])
      .when(w.taskFailed())
      .then([w.moved('scheduled', 'failed', { ...w.run(1), error: w.error, reason: w.error.message })]));
});

describe('an older fact changes nothing', () => {
  const second = [...w.isRunning, w.retrying(), w.running(2)];
  it.each([w.runStarted(), w.runCompleted(), w.retryScheduled(), w.taskFailed()])('$type of an older attempt', (fact) =>
    given(second).when(fact).thenNothing(),
  );
  it.each([w.runStarted(), w.runCompleted(), w.retryScheduled()])('$type of an attempt that is over', (fact) =>
    given([...w.isRunning, w.retrying()])
      .when(fact)
      .thenNothing(),
  );
  it('the start of the attempt that runs', () => given(w.isRunning).when(w.runStarted()).thenNothing());
  it.each([w.runStarted(2), w.runCompleted(), w.retryScheduled(), w.taskFailed()])(
    '$type of an item that is over',
    (fact) => {
      for (const past of [w.isCompleted, w.isCancelled, w.isDeleted, w.isFailed]) given(past).when(fact).thenNothing();
    },
  );
  it('the attempt that failed, while a retry is under way', () =>
    given(w.isRetrying).when(w.runCompleted()).thenNothing());
  it('a fact about an item nobody knows', () => given([]).when(w.runStarted()).thenNothing());
});

describe('whatever arrives in whatever order', () => {
  const attempt = fc.integer({ min: 1, max: 4 });
  const command: fc.Arbitrary<WorkItemCommand> = fc.oneof(
    attempt.map(w.runStarted),
    attempt.map(w.runCompleted),
    attempt.map(w.retryScheduled),
    attempt.map(w.taskFailed),
    attempt.map(w.neverStarted),
    fc.constantFrom(w.approve, w.reject, w.cancel, w.remove, w.requestApproval, w.markScheduled(), w.setPriority(9)),
    fc.constantFrom(w.retry(), w.markScheduled(w.retryId)),
  );
  const story = fc.array(command, { maxLength: 30 }).map(play);

  it('every change starts where the last one ended, and attempts never go back', () => {
    fc.assert(
      fc.property(story, ({ events }) => {
        let state = 'draft';
        let last = 0;
        for (const event of events) {
          if (event.type !== 'WorkItemStateChanged') continue;
          expect(event.data.previousState).toBe(state);
          expect(ALLOWED[state]).toContain(event.data.newState);
          expect(event.data.attempt).toBeGreaterThanOrEqual(last);
          state = event.data.newState;
          last = event.data.attempt;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('nothing happens to an item that is over', () => {
    fc.assert(
      fc.property(story, command, ({ state }, next) => {
        if (isLiving(state) || state.status === 'absent') return;
        expect(decideOrRefuse(next, state)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

const ALLOWED: Record<string, readonly string[]> = {
  draft: ['awaiting_approval', 'scheduled', 'cancelled', 'deleted'],
  awaiting_approval: ['scheduled', 'cancelled', 'deleted'],
  scheduled: ['running', 'failed', 'cancelled', 'deleted'],
  running: ['scheduled', 'completed', 'failed', 'cancelled', 'deleted'],
  failed: ['scheduled'],
};

function play(commands: readonly WorkItemCommand[]): { events: readonly WorkItemFact[]; state: WorkItemState } {
  const events: WorkItemFact[] = [...w.isDraft];
  let state = fold(workItemDecider, initialState(), events);
  for (const command of commands) {
    const decided = decideOrRefuse(command, state);
    state = fold(workItemDecider, state, decided);
    events.push(...decided);
  }
  return { events, state };
}

function decideOrRefuse(command: WorkItemCommand, state: WorkItemState): readonly WorkItemFact[] {
  try {
    return workItemDecider.decide(command, state);
  } catch {
    return [];
  }
}
