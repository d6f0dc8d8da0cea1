import { bootstrap, loadConfig } from '@codex/platform';
import { agentManagerConfig } from './agent-manager.config';
import { AgentManagerModule } from './agent-manager.module';
import { allowLargeCompletions } from './http/large-completions.plugin';

void bootstrap({
  name: 'agent-manager',
  config: () => loadConfig(agentManagerConfig),
  module: (config) => AgentManagerModule.forRoot(config),
  configureServer: allowLargeCompletions,
});
