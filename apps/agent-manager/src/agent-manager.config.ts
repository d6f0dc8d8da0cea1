import {
  databaseConfig,
  housekeepingConfig,
  httpConfig,
  internalAuthConfig,
  kafkaConfig,
  retentionDays,
  type ConfigOf,
} from '@codex/platform';
import { z } from 'zod';
import type { RunRetention } from './persistence/run-chores';

const runRetention = z
  .object({
    RUN_RETENTION_DAYS: retentionDays(2).prefault(30),
    ARTIFACT_RETENTION_DAYS: retentionDays(1).optional(),
  })
  .transform((env): RunRetention => ({
    runsMs: env.RUN_RETENTION_DAYS,
    artifactsMs: env.ARTIFACT_RETENTION_DAYS ?? null,
  }));

export const agentManagerConfig = {
  http: httpConfig,
  internalAuth: internalAuthConfig,
  database: databaseConfig,
  kafka: kafkaConfig,
  housekeeping: housekeepingConfig,
  runRetention,
};
export type AgentManagerConfig = ConfigOf<typeof agentManagerConfig>;
