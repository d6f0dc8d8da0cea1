import { listQuery, uuid } from '@codex/platform';
import { z } from 'zod';

export const subscriptionParams = z.object({ id: uuid });

/** Where a webhook may be asked to go at all; whether its address is public is checked when it is sent. */
const webhookUrl = z
  .string()
  .max(2_048)
  .refine(isWebhookUrl, 'must be an http or https URL without credentials and fragment');

export const createSubscriptionBody = z.strictObject({
  url: webhookUrl,
  description: z.string().max(1_000).nullable().default(null),
  projectId: uuid.nullable().default(null),
});

export const subscriptionsQuery = listQuery({ projectId: uuid.optional() });

export type SubscriptionParams = z.infer<typeof subscriptionParams>;
export type CreateSubscriptionBody = z.infer<typeof createSubscriptionBody>;
export type SubscriptionsQuery = z.infer<typeof subscriptionsQuery>;

function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text) || /\s/.test(text)) return false;
  const { protocol, username, password, hash, hostname } = new URL(text);
  const isHttp = protocol === 'http:' || protocol === 'https:';
  return isHttp && hostname !== '' && username === '' && password === '' && hash === '';
}
