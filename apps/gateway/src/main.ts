import { bootstrap, loadConfig } from '@codex/platform';
import { composeGateway } from './gateway-server';
import { gatewayConfig } from './gateway.config';
import { GatewayModule } from './gateway.module';

void bootstrap({
  name: 'gateway',
  config: () => loadConfig(gatewayConfig),
  module: () => GatewayModule,
  configureServer: (server, service, config) => composeGateway(server, config, service),
});
