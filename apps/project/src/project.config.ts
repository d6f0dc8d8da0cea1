import {
  databaseConfig,
  housekeepingConfig,
  httpConfig,
  internalAuthConfig,
  kafkaConfig,
  type ConfigOf,
} from '@codex/platform';

export const projectConfig = {
  http: httpConfig,
  internalAuth: internalAuthConfig,
  database: databaseConfig,
  kafka: kafkaConfig,
  housekeeping: housekeepingConfig,
};

export type ProjectConfig = ConfigOf<typeof projectConfig>;
