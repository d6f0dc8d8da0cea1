import { bootstrap, loadConfig } from '@codex/platform';
import { queryApiConfig } from './query-api.config';
import { registerGraphql } from './graphql/register-graphql';
import { QueryApiModule } from './query-api.module';

void bootstrap({
  name: 'query-api',
  config: () => loadConfig(queryApiConfig),
  module: (config) => QueryApiModule.forRoot(config),
  configureServer: registerGraphql,
});
