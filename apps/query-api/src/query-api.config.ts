import {
  databaseConfig,
  httpConfig,
  internalAuthConfig,
  kafkaConfig,
  serviceUrl,
  type ConfigOf,
} from '@codex/platform';

export const queryApiConfig = {
  http: httpConfig,
  internalAuth: internalAuthConfig,
  database: databaseConfig,
  kafka: kafkaConfig,
  agentManagerUrl: serviceUrl('AGENT_MANAGER_URL'),
};

export type QueryApiConfig = ConfigOf<typeof queryApiConfig>;
