import type { SubscriptionCreated, SubscriptionRemoved } from '@codex/contracts';
import { NotFound, type Decider, type DomainCommand } from '@codex/event-sourcing';

export type SubscriptionEvent = SubscriptionCreated | SubscriptionRemoved;

export type CreateSubscription = DomainCommand<
  'CreateSubscription',
  {
    readonly subscriptionId: string;
    readonly projectId: string | null;
    readonly url: string;
    readonly description: string | null;
  }
>;
export type RemoveSubscription = DomainCommand<'RemoveSubscription', { readonly subscriptionId: string }>;
export type SubscriptionCommand = CreateSubscription | RemoveSubscription;

export type SubscriptionState =
  | { readonly status: 'absent' }
  | { readonly status: 'active'; readonly projectId: string | null }
  | { readonly status: 'removed' };

export const subscriptionDecider: Decider<SubscriptionCommand, SubscriptionState, SubscriptionEvent> = {
  category: 'Subscription',
  stateVersion: 1,
  initialState: () => ({ status: 'absent' }),
  evolve,
  decide,
};

function evolve(_: SubscriptionState, event: SubscriptionEvent): SubscriptionState {
  switch (event.type) {
    case 'SubscriptionCreated':
      return { status: 'active', projectId: event.data.projectId };
    case 'SubscriptionRemoved':
      return { status: 'removed' };
  }
}

function decide(command: SubscriptionCommand, state: SubscriptionState): readonly SubscriptionEvent[] {
  switch (command.type) {
    case 'CreateSubscription':
      return createSubscription(command, state);
    case 'RemoveSubscription':
      return removeSubscription(command, state);
  }
}

function createSubscription(
  { data, metadata }: CreateSubscription,
  state: SubscriptionState,
): readonly SubscriptionEvent[] {
  if (state.status !== 'absent') return [];
  return [{ type: 'SubscriptionCreated', data: { ...data, createdBy: metadata.actor } }];
}

function removeSubscription({ data }: RemoveSubscription, state: SubscriptionState): readonly SubscriptionEvent[] {
  if (state.status === 'absent') throw new NotFound(`subscription ${data.subscriptionId}`);
  if (state.status === 'removed') return [];
  return [{ type: 'SubscriptionRemoved', data: { ...data, projectId: state.projectId } }];
}
