import type {
  NotificationDelivered,
  NotificationDeliveredData,
  NotificationFailed,
  NotificationFailedData,
} from '@codex/contracts';
import type { Decider, DomainCommand } from '@codex/event-sourcing';

export type ConfirmDelivery = DomainCommand<'ConfirmDelivery', NotificationDeliveredData>;
export type GiveUpDelivery = DomainCommand<'GiveUpDelivery', NotificationFailedData>;

/** Whether the end of the delivery was recorded. Attempts before it are no facts anybody needs. */
export type DeliveryState = 'open' | 'settled';

export const deliveryDecider: Decider<
  ConfirmDelivery | GiveUpDelivery,
  DeliveryState,
  NotificationDelivered | NotificationFailed
> = {
  category: 'Delivery',
  stateVersion: 1,
  initialState: () => 'open',
  evolve: () => 'settled',
  decide,
};

function decide(
  command: ConfirmDelivery | GiveUpDelivery,
  state: DeliveryState,
): readonly (NotificationDelivered | NotificationFailed)[] {
  if (state === 'settled') return [];
  switch (command.type) {
    case 'ConfirmDelivery':
      return [{ type: 'NotificationDelivered', data: command.data }];
    case 'GiveUpDelivery':
      return [{ type: 'NotificationFailed', data: command.data }];
  }
}
