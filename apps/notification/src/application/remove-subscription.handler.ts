import { CommandRunner, streamId, type CommandResult, type RunOptions } from '@codex/event-sourcing';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { subscriptionDecider, type RemoveSubscription } from '../domain/subscription.decider';

export class RemoveSubscriptionRequest extends Command<CommandResult> {
  constructor(
    readonly command: RemoveSubscription,
    readonly options: RunOptions,
  ) {
    super();
  }
}

/** Its secret goes in the same transaction, by the projection. Deliveries on their way are given up. */
@CommandHandler(RemoveSubscriptionRequest)
export class RemoveSubscriptionHandler implements ICommandHandler<RemoveSubscriptionRequest> {
  constructor(private readonly runner: CommandRunner) {}

  execute({ command, options }: RemoveSubscriptionRequest): Promise<CommandResult> {
    const subscription = streamId(subscriptionDecider.category, command.data.subscriptionId);
    return this.runner.run(subscriptionDecider, subscription, command, options);
  }
}
