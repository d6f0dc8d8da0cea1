import { CommandRunner, receiptOf, streamId, type CommandResult, type RunOptions } from '@codex/event-sourcing';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { AddRequirement, ChangeRequirement, RemoveRequirement } from '../domain/project.commands';
import { projectDecider } from '../domain/project.decider';
import { requireActiveProject } from './project-gate';

export class ChangeRequirementRequest extends Command<CommandResult> {
  constructor(
    readonly command: AddRequirement | ChangeRequirement | RemoveRequirement,
    readonly options: RunOptions,
  ) {
    super();
  }
}

/** The receipt's `id` is the requirement's; stream and version are those of its project. */
@CommandHandler(ChangeRequirementRequest)
export class ChangeRequirementHandler implements ICommandHandler<ChangeRequirementRequest> {
  constructor(private readonly runner: CommandRunner) {}

  execute({ command, options }: ChangeRequirementRequest): Promise<CommandResult> {
    const project = streamId(projectDecider.category, command.data.projectId);
    return this.runner.transact(command, project, options, async (unit) => {
      await unit.load(projectDecider, [project]);
      requireActiveProject(unit.stateOf(projectDecider, project), command.data.projectId, command.metadata);
      if (options.ifVersion !== undefined) unit.requireVersion(project, options.ifVersion, command.metadata.tenantId);
      const events = unit.decide(projectDecider, project, command);
      const { version } = unit.stateOf(projectDecider, project);
      return { ...receiptOf(project, command.metadata, version, events), id: command.data.requirementId };
    });
  }
}
