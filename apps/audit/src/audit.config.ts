import {
  databaseConfig,
  housekeepingConfig,
  httpConfig,
  internalAuthConfig,
  kafkaConfig,
  type ConfigOf,
} from '@codex/platform';

export const auditConfig = {
  http: httpConfig,
  internalAuth: internalAuthConfig,
  database: databaseConfig,
  kafka: kafkaConfig,
  housekeeping: housekeepingConfig,
};

export type AuditConfig = ConfigOf<typeof auditConfig>;
