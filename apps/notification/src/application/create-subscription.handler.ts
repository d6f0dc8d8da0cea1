import { randomBytes } from 'node:crypto';
import {
  CommandRunner,
  receiptOf,
  streamId,
  type CommandResult,
  type Receipt,
  type RunOptions,
} from '@codex/event-sourcing';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { subscriptionDecider, type CreateSubscription } from '../domain/subscription.decider';
import { SubscriptionSecrets } from './subscription-secrets';

/** A receipt with what the receiver needs to check signatures; null once the subscription was removed. */
export type SubscriptionReceipt = Receipt & { readonly secret: string | null };

export class CreateSubscriptionRequest extends Command<CommandResult<SubscriptionReceipt>> {
  constructor(
    readonly command: CreateSubscription,
    readonly options: RunOptions,
  ) {
    super();
  }
}

/**
 * The secret is stored before the subscription exists and shown with the receipt, but never becomes part of it: stored
 * responses and events must not hold it. A repeat finds the secret of the first call.
 */
@CommandHandler(CreateSubscriptionRequest)
export class CreateSubscriptionHandler implements ICommandHandler<CreateSubscriptionRequest> {
  constructor(
    private readonly runner: CommandRunner,
    private readonly secrets: SubscriptionSecrets,
  ) {}

  async execute({ command, options }: CreateSubscriptionRequest): Promise<CommandResult<SubscriptionReceipt>> {
    const { subscriptionId } = command.data;
    await this.secrets.put(subscriptionId, `whsec_${randomBytes(32).toString('base64')}`);
    const result = await this.create(command, options);
    if (result.replayed) await this.secrets.drop(subscriptionId);
    return { ...result, response: { ...result.response, secret: await this.secrets.of(result.response.id) } };
  }

  private create(command: CreateSubscription, options: RunOptions): Promise<CommandResult> {
    const subscription = streamId(subscriptionDecider.category, command.data.subscriptionId);
    return this.runner.transact(command, subscription, options, async (unit) => {
      unit.begin(subscriptionDecider, subscription);
      const events = unit.decide(subscriptionDecider, subscription, command);
      const { version } = unit.stateOf(subscriptionDecider, subscription);
      return receiptOf(subscription, command.metadata, version, events);
    });
  }
}
