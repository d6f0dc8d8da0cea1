import {
  CommandRunner,
  NotFound,
  receiptOf,
  type CommandResult,
  type RunOptions,
  type UnitOfWork,
} from '@codex/event-sourcing';
import { ProcessRunner, type ProcessEvent, type ProcessMessage } from '@codex/process-manager';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ApproveWorkItem, CancelWorkItem, ChangePriority, RejectWorkItem } from '../domain/work-item.commands';
import { workItemDecider } from '../domain/work-item.decider';
import type { ClosedWorkItem, LivingWorkItem, WorkItemState } from '../domain/work-item.state';
import { workItemStream } from '../processes/process-subject';
import { closesWorkItem, releaseOf } from './quota-release';

/** Commands that the item's process has to hear of. */
type Signalling = ApproveWorkItem | RejectWorkItem | CancelWorkItem;

export class ChangeWorkItemRequest extends Command<CommandResult> {
  constructor(
    readonly command: Signalling | ChangePriority,
    readonly options: RunOptions,
  ) {
    super();
  }
}

/** Changes an existing item and tells its process in the same append. */
@CommandHandler(ChangeWorkItemRequest)
export class ChangeWorkItemHandler implements ICommandHandler<ChangeWorkItemRequest> {
  constructor(
    private readonly runner: CommandRunner,
    private readonly processes: ProcessRunner,
  ) {}

  execute({ command, options }: ChangeWorkItemRequest): Promise<CommandResult> {
    const stream = workItemStream(command.data.workItemId);
    if (command.type === 'ChangePriority') return this.runner.run(workItemDecider, stream, command, options);
    return this.runner.transact(command, stream, options, async (unit) => {
      await unit.load(workItemDecider, [stream]);
      if (options.ifVersion !== undefined) unit.requireVersion(stream, options.ifVersion, command.metadata.tenantId);
      const events = unit.decide(workItemDecider, stream, command);
      if (events.length > 0) {
        const item = existing(unit, stream);
        const told = await this.tellProcess(unit, item, command);
        // A process that is over can't give the quota back any more.
        if (told.length === 0 && closesWorkItem(events)) unit.send(releaseOf(item, command.metadata));
      }
      return receiptOf(stream, command.metadata, unit.stateOf(workItemDecider, stream).version, events);
    });
  }

  private async tellProcess(
    unit: UnitOfWork,
    { processId }: LivingWorkItem | ClosedWorkItem,
    command: Signalling,
  ): Promise<readonly ProcessEvent[]> {
    await this.processes.load(unit, [processId]);
    return this.processes.tell(unit, processId, { message: messageOf(command), metadata: command.metadata });
  }
}

function existing(unit: UnitOfWork, stream: string): LivingWorkItem | ClosedWorkItem {
  const { state } = unit.stateOf<WorkItemState>(workItemDecider, stream);
  if (state.status === 'absent') throw new NotFound(stream);
  return state;
}

function messageOf(command: Signalling): ProcessMessage {
  switch (command.type) {
    case 'ApproveWorkItem':
      return { type: 'signal', signal: 'approved' };
    case 'RejectWorkItem':
      return { type: 'signal', signal: 'rejected', error: failure('REJECTED', command.data.reason, 'rejected') };
    case 'CancelWorkItem':
      return { type: 'cancel', error: failure('CANCELLED', command.data.reason, 'cancelled') };
  }
}

function failure(code: string, reason: string | null, what: string) {
  return { code, message: reason ?? `the work item was ${what}` };
}
