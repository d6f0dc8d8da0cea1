import { CommandRunner, type CommandResult, type RunOptions, type UnitOfWork } from '@codex/event-sourcing';
import { ProcessRunner } from '@codex/process-manager';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CreateWorkItem } from '../domain/work-item.commands';
import { workItemDecider } from '../domain/work-item.decider';
import { UnknownDependency } from '../domain/work-item.errors';
import { workItemStream } from '../processes/process-subject';
import { workItemCreation, type CreationInput } from '../processes/work-item-creation.process';
import { refuseHopeless, type KnownProjects } from './known-projects';
import { KNOWN_PROJECTS } from './tokens';

/** The answer to a creation: the item exists, its process goes on. */
export interface CreationReceipt {
  readonly id: string;
  readonly processId: string;
  readonly commandId: string;
  readonly consistencyToken: string;
}

export class CreateWorkItemRequest extends Command<CommandResult<CreationReceipt>> {
  constructor(
    readonly command: CreateWorkItem,
    readonly options: RunOptions,
  ) {
    super();
  }
}

/** The item, the start of its process and the first command of it are one append. */
@CommandHandler(CreateWorkItemRequest)
export class CreateWorkItemHandler implements ICommandHandler<CreateWorkItemRequest> {
  constructor(
    private readonly runner: CommandRunner,
    private readonly processes: ProcessRunner,
    @Inject(KNOWN_PROJECTS) private readonly projects: KnownProjects,
  ) {}

  execute({ command, options }: CreateWorkItemRequest): Promise<CommandResult<CreationReceipt>> {
    const { data, metadata } = command;
    const stream = workItemStream(data.workItemId);
    return this.runner.transact(command, stream, options, async (unit) => {
      refuseHopeless(await this.projects.find(data.projectId), data.projectId, metadata.tenantId);
      await requireDependencies(unit, command);
      unit.begin(workItemDecider, stream);
      unit.decide(workItemDecider, stream, command);
      this.start(unit, command);
      const { version } = unit.stateOf(workItemDecider, stream);
      const { workItemId: id, processId } = data;
      return { id, processId, commandId: metadata.commandId, consistencyToken: `${stream}@${version}` };
    });
  }

  private start(unit: UnitOfWork, { data, metadata }: CreateWorkItem): void {
    const { workItemId, projectId, processId, requiresApproval } = data;
    const input: CreationInput = { requiresApproval, firstAttempt: 1 };
    const subject = { workItemId, projectId };
    this.processes.start(unit, { definition: workItemCreation.name, processId, subject, input }, metadata);
  }
}

async function requireDependencies(unit: UnitOfWork, { data, metadata }: CreateWorkItem): Promise<void> {
  if (data.dependsOn.length === 0) return;
  await unit.load(workItemDecider, data.dependsOn.map(workItemStream));
  const unknown = data.dependsOn.filter(
    (id) => unit.stateOf(workItemDecider, workItemStream(id)).tenantId !== metadata.tenantId,
  );
  if (unknown.length > 0) throw new UnknownDependency(unknown);
}
