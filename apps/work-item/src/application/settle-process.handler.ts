import {
  CommandRunner,
  NotFound,
  receiptOf,
  type CommandResult,
  type DomainCommand,
  type RunOptions,
} from '@codex/event-sourcing';
import { processDecider, ProcessRunner, processStream, type ProcessMessage } from '@codex/process-manager';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

export type RetryProcess = DomainCommand<'RetryProcess', { readonly processId: string }>;
export type SkipProcess = DomainCommand<'SkipProcess', { readonly processId: string; readonly reason: string }>;

export class SettleProcessRequest extends Command<CommandResult> {
  constructor(
    readonly command: RetryProcess | SkipProcess,
    readonly options: RunOptions,
  ) {
    super();
  }
}

/** An operator decides about a compensation that failed: once more, or never mind. */
@CommandHandler(SettleProcessRequest)
export class SettleProcessHandler implements ICommandHandler<SettleProcessRequest> {
  constructor(
    private readonly runner: CommandRunner,
    private readonly processes: ProcessRunner,
  ) {}

  execute({ command, options }: SettleProcessRequest): Promise<CommandResult> {
    const { data, metadata } = command;
    const stream = processStream(data.processId);
    return this.runner.transact(command, stream, options, async (unit) => {
      await this.processes.load(unit, [data.processId]);
      if (unit.stateOf(processDecider, stream).tenantId !== metadata.tenantId) {
        throw new NotFound(`process ${data.processId}`);
      }
      if (options.ifVersion !== undefined) unit.requireVersion(stream, options.ifVersion, metadata.tenantId);
      const events = this.processes.tell(unit, data.processId, { message: messageOf(command), metadata });
      return receiptOf(stream, metadata, unit.stateOf(processDecider, stream).version, events);
    });
  }
}

function messageOf(command: RetryProcess | SkipProcess): ProcessMessage {
  return command.type === 'RetryProcess' ? { type: 'retry' } : { type: 'skip', reason: command.data.reason };
}
