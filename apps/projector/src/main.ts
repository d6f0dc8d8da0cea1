import { bootstrap, loadConfig } from '@codex/platform';
import { projectorConfig } from './projector.config';
import { ProjectorModule } from './projector.module';

void bootstrap({
  name: 'projector',
  config: () => loadConfig(projectorConfig),
  module: (config) => ProjectorModule.forRoot(config),
});
