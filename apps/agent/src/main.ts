import { bootstrap, loadConfig } from '@codex/platform';
import { agentConfig } from './agent.config';
import { AgentModule } from './agent.module';

void bootstrap({
  name: 'agent',
  config: () => loadConfig(agentConfig),
  module: (config) => AgentModule.forRoot(config),
});
