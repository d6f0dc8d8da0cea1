import { NotFound } from '@codex/event-sourcing';
import { aCommand, specify } from '@codex/event-sourcing/testing';
import fc from 'fast-check';
import { deliveryDecider } from './delivery.decider';
import { afterFailure, MAX_ATTEMPTS } from './delivery-schedule';
import { notificationDecider } from './notification.decider';
import { subscriptionDecider, type SubscriptionEvent } from './subscription.decider';

describe('a subscription', () => {
  const { given } = specify(subscriptionDecider);
  const data = { subscriptionId: 's1', projectId: 'p1', url: 'https://example.org/hook', description: null };
  const created: SubscriptionEvent = { type: 'SubscriptionCreated', data: { ...data, createdBy: 'tester' } };
  const removed: SubscriptionEvent = { type: 'SubscriptionRemoved', data: { subscriptionId: 's1', projectId: 'p1' } };
  const create = aCommand('CreateSubscription', data);
  const remove = aCommand('RemoveSubscription', { subscriptionId: 's1' });

  it('is created', () => given([]).when(create).then([created]));
  it('is created once', () => given([created]).when(create).thenNothing());
  it('is removed', () => given([created]).when(remove).then([removed]));
  it('is removed once', () => given([created, removed]).when(remove).thenNothing());
  it('does not come back', () => given([created, removed]).when(create).thenNothing());
  it('can not be removed before it exists', () => given([]).when(remove).thenRefused(NotFound));
});

describe('subscribers', () => {
  const { given } = specify(notificationDecider);
  const data = { workItemId: 'w1', projectId: 'p1', processId: 'c1', subscribers: 2 };
  const notified = { type: 'SubscribersNotified', data } as const;

  it('are told', () => given([]).when(aCommand('QueueNotifications', data)).then([notified]));
  it('are told once for a process', () => given([notified]).when(aCommand('QueueNotifications', data)).thenNothing());
  it('are told for another process', () =>
    given([notified])
      .when(aCommand('QueueNotifications', { ...data, processId: 'c2' }))
      .then([{ type: 'SubscribersNotified', data: { ...data, processId: 'c2' } }]));
});

describe('a delivery', () => {
  const { given } = specify(deliveryDecider);
  const subject = { deliveryId: 'd1', subscriptionId: 's1', workItemId: 'w1', projectId: 'p1', attempts: 3 };
  const delivered = { type: 'NotificationDelivered', data: { ...subject, statusCode: 204 } } as const;
  const failed = {
    type: 'NotificationFailed',
    data: { ...subject, error: { code: 'TIMEOUT', message: 'late' } },
  } as const;
  const confirm = aCommand('ConfirmDelivery', delivered.data);
  const giveUp = aCommand('GiveUpDelivery', failed.data);

  it('is confirmed', () => given([]).when(confirm).then([delivered]));
  it('is given up', () => given([]).when(giveUp).then([failed]));
  it('ends once', () => given([delivered]).when(confirm).thenNothing());
  it('is not given up when it was delivered', () => given([delivered]).when(giveUp).thenNothing());
  it('is not delivered when it was given up', () => given([failed]).when(confirm).thenNothing());
});

describe('a failed sending', () => {
  it('is repeated later and later', () =>
    expect([1, 2, 3].map((attempt) => afterFailure(attempt, false, 1))).toEqual([
      { next: 'wait', delayMs: 5_000 },
      { next: 'wait', delayMs: 30_000 },
      { next: 'wait', delayMs: 120_000 },
    ]));
  it('is repeated a bounded number of times', () => {
    expect(afterFailure(MAX_ATTEMPTS - 1, false, 0).next).toBe('wait');
    expect(afterFailure(MAX_ATTEMPTS, false, 0)).toEqual({ next: 'give-up' });
  });
  it('is not repeated when the receiver is gone', () => expect(afterFailure(1, true, 0)).toEqual({ next: 'give-up' }));
  it('ends, whatever happens', () =>
    fc.assert(
      fc.property(fc.integer({ min: MAX_ATTEMPTS, max: 1_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, r) =>
        expect(afterFailure(n, false, r)).toEqual({ next: 'give-up' }),
      ),
    ));
});
