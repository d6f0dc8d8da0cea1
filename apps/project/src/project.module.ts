import { CommandRunner } from '@codex/event-sourcing';
import { CommandService, CommandServiceModule } from '@codex/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ChangeProjectHandler } from './application/change-project.handler';
import { ChangeRequirementHandler } from './application/change-requirement.handler';
import { CreateProjectHandler } from './application/create-project.handler';
import { SetProjectQuotaHandler } from './application/set-project-quota.handler';
import { projectQuotaDecider } from './domain/project-quota.decider';
import { projectDecider } from './domain/project.decider';
import { ProjectsController } from './http/projects.controller';
import { RequirementsController } from './http/requirements.controller';
import { quotaCommandsConsumer } from './messaging/quota-commands.consumer';
import { refusedCommand } from './messaging/refused-commands';
import type { ProjectConfig } from './project.config';

@Module({})
export class ProjectModule {
  static forRoot(config: ProjectConfig): DynamicModule {
    return {
      module: ProjectModule,
      imports: [
        CommandServiceModule.forRoot({
          ...{ name: 'project', context: 'project', config },
          deciders: [projectDecider, projectQuotaDecider],
          restorable: {},
          refused: refusedCommand,
        }),
        CqrsModule.forRoot(),
      ],
      controllers: [ProjectsController, RequirementsController],
      providers: [
        { provide: CommandRunner, inject: [CommandService], useFactory: ({ runner }: CommandService) => runner },
        CreateProjectHandler,
        ChangeProjectHandler,
        ChangeRequirementHandler,
        SetProjectQuotaHandler,
      ],
    };
  }

  constructor(service: CommandService) {
    service.consume(quotaCommandsConsumer(service));
  }
}
