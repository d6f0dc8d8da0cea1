import type { NotifySubscribersData, SubscribersNotified } from '@codex/contracts';
import type { Decider, DomainCommand } from '@codex/event-sourcing';

/** `subscribers`: how many deliveries there will be. */
export type QueueNotifications = DomainCommand<
  'QueueNotifications',
  Pick<NotifySubscribersData, 'workItemId' | 'projectId' | 'processId'> & { readonly subscribers: number }
>;

/** The processes whose subscribers were told. */
export type NotificationState = readonly string[];

/** Tells the subscribers of a work item once for each process that asks. */
export const notificationDecider: Decider<QueueNotifications, NotificationState, SubscribersNotified> = {
  category: 'Notification',
  stateVersion: 1,
  initialState: () => [],
  evolve: (state, event) => [...state, event.data.processId],
  decide: ({ data }, state) => (state.includes(data.processId) ? [] : [{ type: 'SubscribersNotified', data }]),
};
