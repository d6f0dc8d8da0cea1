import type { DatabaseConfig } from '@codex/postgres';
import type { Pool } from 'pg';
import type { HousekeepingConfig } from '../housekeeping/housekeeping-config';
import type { KafkaConfig } from './kafka-connection';

/** For services that consume, and publish nothing but what happens to their dead letters. */
export interface ConsumersOptions {
  /** The service, as Kafka sees it. Names its relay: renaming it publishes everything again. */
  readonly name: string;
  readonly kafka: KafkaConfig;
  readonly database: Omit<DatabaseConfig, 'applicationName'>;
  /** Of the same database; the caller's to end. */
  readonly pool: Pool;
  /** Default: that of an empty environment. */
  readonly housekeeping?: HousekeepingConfig;
}
