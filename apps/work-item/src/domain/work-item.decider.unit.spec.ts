import { NotFound } from '@codex/event-sourcing';
import { specify } from '@codex/event-sourcing/testing';
import * as w from '../../test/work-item-sentences';
import { workItemDecider } from './work-item.decider';
import {
  ApprovalAlreadyDecided,
  NotAwaitingApproval,
  WorkItemAlreadyExists,
  WorkItemClosed,
  WorkItemNotFailed,
} from './work-item.errors';

const { given } = specify(workItemDecider);
const over = [
  ['completed', w.isCompleted],
  ['failed', w.isFailed],
  ['cancelled', w.isCancelled],
  ['deleted', w.isDeleted],
] as const;

describe('creating', () => {
  it('creates', () => given([]).when(w.create).then([w.created]));
  it('is refused for an id that was used', () => given(w.isDraft).when(w.create).thenRefused(WorkItemAlreadyExists));
  it('records the tools of a valid recipe', () => given([w.created]).when(w.validate).then([w.validated]));
  it('records them once', () => given(w.isDraft).when(w.validate).thenNothing());
});

describe('approval', () => {
  it('is asked for', () => given(w.isDraft).when(w.requestApproval).then([w.waits]));
  it('is asked for once', () => given(w.isWaiting).when(w.requestApproval).thenNothing());
  it('is given', () => given(w.isWaiting).when(w.approve).then([w.approved]));
  it('is given once', () =>
    given([...w.isWaiting, w.approved])
      .when(w.approve)
      .thenNothing());
  it('is still given once it is scheduled', () =>
    given([...w.isWaiting, w.approved, w.moved('awaiting_approval', 'scheduled', { processId: w.processId })])
      .when(w.approve)
      .thenNothing());
  it('is rejected', () => given(w.isWaiting).when(w.reject).then([w.rejected]));
  it('is rejected once', () =>
    given([...w.isWaiting, w.rejected])
      .when(w.reject)
      .thenNothing());
  it('is refused after a rejection', () =>
    given([...w.isWaiting, w.rejected])
      .when(w.approve)
      .thenRefused(ApprovalAlreadyDecided, { approval: 'rejected' }));
  it('can no longer be rejected when it was given', () =>
    given([...w.isWaiting, w.approved])
      .when(w.reject)
      .thenRefused(ApprovalAlreadyDecided, { approval: 'approved' }));
  it.each([w.approve, w.reject])('is refused when nobody asked for it ($type)', (command) => {
    given(w.isDraft).when(command).thenRefused(NotAwaitingApproval, { state: 'draft' });
    given(w.isRunning).when(command).thenRefused(NotAwaitingApproval, { state: 'running' });
  });
});

describe('being scheduled', () => {
  it('follows the scheduler', () => given(w.isDraft).when(w.markScheduled()).then([w.scheduled]));
  it('follows an approval', () =>
    given([...w.isWaiting, w.approved])
      .when(w.markScheduled())
      .then([w.moved('awaiting_approval', 'scheduled', { processId: w.processId })]));
  it('is nothing new for an item that is further', () => {
    given(w.isScheduled).when(w.markScheduled()).thenNothing();
    given(w.isRunning).when(w.markScheduled()).thenNothing();
  });
  it.each(over)('changes nothing when it is %s', (_, past) => given(past).when(w.markScheduled()).thenNothing());
});

describe('cancelling', () => {
  it.each([
    ['draft', w.isDraft],
    ['awaiting_approval', w.isWaiting],
    ['scheduled', w.isScheduled],
  ] as const)('ends a %s item at once', (state, past) =>
    given(past)
      .when(w.cancel)
      .then([w.cancelled(state)]),
  );
  it('ends a running item and names its run', () =>
    given(w.isRunning)
      .when(w.cancel)
      .then([w.cancelled('running', w.run(1))]));
  it('is done once', () => given(w.isCancelled).when(w.cancel).thenNothing());
  it('is refused for what does not exist', () => given([]).when(w.cancel).thenRefused(NotFound));
  it.each(over.filter(([state]) => state !== 'cancelled'))('is refused for a %s item', (state, past) =>
    given(past).when(w.cancel).thenRefused(WorkItemClosed, { workItemId: w.workItemId, state }),
  );
});

describe('the priority', () => {
  it('changes', () =>
    given(w.isScheduled)
      .when(w.setPriority(9))
      .then([
        {
          type: 'WorkItemPriorityChanged',
          data: { workItemId: w.workItemId, projectId: w.projectId, previousPriority: 5, priority: 9 },
        },
      ]));
  it('stays when it is the same', () => given(w.isScheduled).when(w.setPriority(5)).thenNothing());
  it('is refused for what does not exist', () => given([]).when(w.setPriority(9)).thenRefused(NotFound));
  it.each(over)('is refused for a %s item', (state, past) =>
    given(past).when(w.setPriority(9)).thenRefused(WorkItemClosed, { state }),
  );
});

describe('retrying', () => {
  it('asks for a process of its own', () => given(w.isFailed).when(w.retry()).then([w.retryRequested]));
  it('is asked for once', () => given(w.isRetrying).when(w.retry(true)).thenNothing());
  it('can be asked for again when it came to nothing', () =>
    given(w.isRetrying).when(w.retry()).then([w.retryRequested]));
  it('goes to scheduled with the grant of the retry', () =>
    given(w.isRetrying)
      .when(w.markScheduled(w.retryId))
      .then([w.moved('failed', 'scheduled', { attempt: 1, processId: w.retryId })]));
  it('does not follow another process', () => given(w.isRetrying).when(w.markScheduled()).thenNothing());
  it('is refused for what does not exist', () => given([]).when(w.retry()).thenRefused(NotFound));
  it('is refused while it is open', () => {
    given(w.isDraft).when(w.retry()).thenRefused(WorkItemNotFailed, { state: 'draft' });
    given(w.isRunning).when(w.retry()).thenRefused(WorkItemNotFailed, { state: 'running' });
  });
  it.each(over.filter(([state]) => state !== 'failed'))('is refused for a %s item', (state, past) =>
    given(past).when(w.retry()).thenRefused(WorkItemClosed, { state }),
  );
});

describe('deleting', () => {
  it('undoes the creation, with the reason in the change and in the deletion', () =>
    given(w.isDraft)
      .when(w.remove)
      .then([
        w.moved('draft', 'deleted', { processId: w.processId, error: w.error, reason: w.error.message }),
        w.deleted,
      ]));
  it('undoes one that waits', () =>
    given([...w.isWaiting, w.rejected])
      .when(w.remove)
      .then([
        w.moved('awaiting_approval', 'deleted', { processId: w.processId, error: w.error, reason: w.error.message }),
        w.deleted,
      ]));
  it.each(over)('leaves a %s item as it is', (_, past) => given(past).when(w.remove).thenNothing());
});
