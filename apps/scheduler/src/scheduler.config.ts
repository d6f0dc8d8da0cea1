import {
  databaseConfig,
  housekeepingConfig,
  httpConfig,
  internalAuthConfig,
  kafkaConfig,
  type ConfigOf,
} from '@codex/platform';

export const schedulerConfig = {
  http: httpConfig,
  internalAuth: internalAuthConfig,
  database: databaseConfig,
  kafka: kafkaConfig,
  housekeeping: housekeepingConfig,
};

export type SchedulerConfig = ConfigOf<typeof schedulerConfig>;
