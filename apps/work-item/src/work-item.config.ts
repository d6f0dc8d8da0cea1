import {
  databaseConfig,
  housekeepingConfig,
  httpConfig,
  internalAuthConfig,
  kafkaConfig,
  type ConfigOf,
} from '@codex/platform';

export const workItemConfig = {
  http: httpConfig,
  internalAuth: internalAuthConfig,
  database: databaseConfig,
  kafka: kafkaConfig,
  housekeeping: housekeepingConfig,
};

export type WorkItemConfig = ConfigOf<typeof workItemConfig>;
