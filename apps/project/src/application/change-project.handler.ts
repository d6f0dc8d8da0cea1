import { CommandRunner, streamId, type CommandResult, type RunOptions } from '@codex/event-sourcing';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type {
  ArchiveProject,
  ChangeProjectDetails,
  PauseProject,
  ResumeProject,
  SetVision,
} from '../domain/project.commands';
import { projectDecider } from '../domain/project.decider';

export class ChangeProjectRequest extends Command<CommandResult> {
  constructor(
    readonly command: ChangeProjectDetails | SetVision | PauseProject | ResumeProject | ArchiveProject,
    readonly options: RunOptions,
  ) {
    super();
  }
}

@CommandHandler(ChangeProjectRequest)
export class ChangeProjectHandler implements ICommandHandler<ChangeProjectRequest> {
  constructor(private readonly runner: CommandRunner) {}

  execute({ command, options }: ChangeProjectRequest): Promise<CommandResult> {
    const project = streamId(projectDecider.category, command.data.projectId);
    return this.runner.run(projectDecider, project, command, options);
  }
}
