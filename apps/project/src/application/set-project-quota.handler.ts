import { CommandRunner, receiptOf, streamId, type CommandResult, type RunOptions } from '@codex/event-sourcing';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { SetProjectQuota } from '../domain/project-quota.commands';
import { projectQuotaDecider } from '../domain/project-quota.decider';
import { projectDecider } from '../domain/project.decider';
import { requireActiveProject } from './project-gate';

export class SetProjectQuotaRequest extends Command<CommandResult> {
  constructor(
    readonly command: SetProjectQuota,
    readonly options: RunOptions,
  ) {
    super();
  }
}

/** Spans two streams: the project must take commands, its quota changes. `If-Match` is about the quota's version. */
@CommandHandler(SetProjectQuotaRequest)
export class SetProjectQuotaHandler implements ICommandHandler<SetProjectQuotaRequest> {
  constructor(private readonly runner: CommandRunner) {}

  execute({ command, options }: SetProjectQuotaRequest): Promise<CommandResult> {
    const { projectId } = command.data;
    const project = streamId(projectDecider.category, projectId);
    const quota = streamId(projectQuotaDecider.category, projectId);
    return this.runner.transact(command, quota, options, async (unit) => {
      await Promise.all([unit.load(projectDecider, [project]), unit.load(projectQuotaDecider, [quota])]);
      requireActiveProject(unit.stateOf(projectDecider, project), projectId, command.metadata);
      if (options.ifVersion !== undefined) unit.requireVersion(quota, options.ifVersion, command.metadata.tenantId);
      const events = unit.decide(projectQuotaDecider, quota, command);
      return receiptOf(quota, command.metadata, unit.stateOf(projectQuotaDecider, quota).version, events);
    });
  }
}
