import { bootstrap, loadConfig } from '@codex/platform';
import { schedulerConfig } from './scheduler.config';
import { SchedulerModule } from './scheduler.module';

void bootstrap({
  name: 'scheduler',
  config: () => loadConfig(schedulerConfig),
  module: (config) => SchedulerModule.forRoot(config),
});
