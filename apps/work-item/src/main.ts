import { bootstrap, loadConfig } from '@codex/platform';
import { workItemConfig } from './work-item.config';
import { WorkItemModule } from './work-item.module';

void bootstrap({
  name: 'work-item',
  config: () => loadConfig(workItemConfig),
  module: (config) => WorkItemModule.forRoot(config),
});
