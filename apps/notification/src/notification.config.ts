import {
  databaseConfig,
  housekeepingConfig,
  httpConfig,
  internalAuthConfig,
  kafkaConfig,
  type ConfigOf,
} from '@codex/platform';
import { z } from 'zod';

/** `allowPrivate`: webhooks may go to this host and private nets. For development and tests only. */
const webhookConfig = z
  .object({ WEBHOOK_ALLOW_PRIVATE: z.enum(['true', 'false'], 'must be true or false').default('false') })
  .transform((env) => ({ allowPrivate: env.WEBHOOK_ALLOW_PRIVATE === 'true' }));

export const notificationConfig = {
  http: httpConfig,
  internalAuth: internalAuthConfig,
  database: databaseConfig,
  kafka: kafkaConfig,
  housekeeping: housekeepingConfig,
  webhook: webhookConfig,
};

export type NotificationConfig = ConfigOf<typeof notificationConfig>;
