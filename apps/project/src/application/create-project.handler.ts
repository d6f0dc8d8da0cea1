import { CommandRunner, receiptOf, streamId, type CommandResult, type RunOptions } from '@codex/event-sourcing';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CreateProject } from '../domain/project.commands';
import { projectDecider } from '../domain/project.decider';

export class CreateProjectRequest extends Command<CommandResult> {
  constructor(
    readonly command: CreateProject,
    readonly options: RunOptions,
  ) {
    super();
  }
}

/** The project's id was minted for it: nothing is read, and the append proves that the id is new. */
@CommandHandler(CreateProjectRequest)
export class CreateProjectHandler implements ICommandHandler<CreateProjectRequest> {
  constructor(private readonly runner: CommandRunner) {}

  execute({ command, options }: CreateProjectRequest): Promise<CommandResult> {
    const project = streamId(projectDecider.category, command.data.projectId);
    return this.runner.transact(command, project, options, async (unit) => {
      unit.begin(projectDecider, project);
      const events = unit.decide(projectDecider, project, command);
      return receiptOf(project, command.metadata, unit.stateOf(projectDecider, project).version, events);
    });
  }
}
