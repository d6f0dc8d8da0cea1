import { CommandRunner, receiptOf, type CommandResult, type RunOptions, type UnitOfWork } from '@codex/event-sourcing';
import { ProcessRunner } from '@codex/process-manager';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { RetryWorkItem } from '../domain/work-item.commands';
import { workItemDecider } from '../domain/work-item.decider';
import type { WorkItemState } from '../domain/work-item.state';
import { workItemStream } from '../processes/process-subject';
import { workItemRetry, type RetryInput } from '../processes/work-item-retry.process';

export class RetryWorkItemRequest extends Command<CommandResult> {
  constructor(
    readonly command: Omit<RetryWorkItem, 'data'> & { readonly data: Omit<RetryWorkItem['data'], 'retryUnderWay'> },
    readonly options: RunOptions,
  ) {
    super();
  }
}

const ENDED: ReadonlySet<string> = new Set(['absent', 'completed', 'compensated']);

/**
 * Starts the retry of a failed item. Two at once are one: both append to the item's stream, and the second one finds the
 * retry of the first under way.
 */
@CommandHandler(RetryWorkItemRequest)
export class RetryWorkItemHandler implements ICommandHandler<RetryWorkItemRequest> {
  constructor(
    private readonly runner: CommandRunner,
    private readonly processes: ProcessRunner,
  ) {}

  execute({ command: { type, data, metadata }, options }: RetryWorkItemRequest): Promise<CommandResult> {
    const stream = workItemStream(data.workItemId);
    return this.runner.transact({ type, data, metadata }, stream, options, async (unit) => {
      await unit.load(workItemDecider, [stream]);
      if (options.ifVersion !== undefined) unit.requireVersion(stream, options.ifVersion, metadata.tenantId);
      const { state } = unit.stateOf<WorkItemState>(workItemDecider, stream);
      const retryUnderWay = await this.isUnderWay(unit, state);
      const command: RetryWorkItem = { type, data: { ...data, retryUnderWay }, metadata };
      const events = unit.decide(workItemDecider, stream, command);
      if (events.length > 0) this.start(unit, state, command);
      return receiptOf(stream, metadata, unit.stateOf(workItemDecider, stream).version, events);
    });
  }

  private async isUnderWay(unit: UnitOfWork, state: WorkItemState): Promise<boolean> {
    if (state.status !== 'failed' || state.retryProcessId === null) return false;
    await this.processes.load(unit, [state.retryProcessId]);
    return !ENDED.has(this.processes.stateOf(unit, state.retryProcessId).status);
  }

  private start(unit: UnitOfWork, state: WorkItemState, { data, metadata }: RetryWorkItem): void {
    if (state.status !== 'failed') return;
    const { workItemId, projectId, attempt } = state;
    const input: RetryInput = { firstAttempt: attempt + 1 };
    const { processId } = data;
    const subject = { workItemId, projectId };
    this.processes.start(unit, { definition: workItemRetry.name, processId, subject, input }, metadata);
  }
}
