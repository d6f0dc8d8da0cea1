import { bootstrap, loadConfig } from '@codex/platform';
import { projectConfig } from './project.config';
import { ProjectModule } from './project.module';

void bootstrap({
  name: 'project',
  config: () => loadConfig(projectConfig),
  module: (config) => ProjectModule.forRoot(config),
});
