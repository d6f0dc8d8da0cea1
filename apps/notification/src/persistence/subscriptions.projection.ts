import type { SubscriptionCreated, SubscriptionRemoved } from '@codex/contracts';
import type { RecordedEvent } from '@codex/event-sourcing';
import type { InlineProjection } from '@codex/event-store-postgres';
import type { Sql } from '@codex/postgres';

/** Keeps `notification.subscriptions` in the appending transaction: whoever is subscribed when an item comes is told. */
export const subscriptionsProjection: InlineProjection = {
  types: new Set(['SubscriptionCreated', 'SubscriptionRemoved']),
  apply: async (tx, events) => {
    const created = events.filter((event) => event.type === 'SubscriptionCreated');
    const removed = events.filter((event) => event.type === 'SubscriptionRemoved');
    if (created.length > 0) await insert(tx, created as RecordedEvent<SubscriptionCreated>[]);
    if (removed.length > 0) await remove(tx, removed as RecordedEvent<SubscriptionRemoved>[]);
  },
};

async function insert(tx: Sql, events: readonly RecordedEvent<SubscriptionCreated>[]): Promise<void> {
  await tx.query({
    name: 'subscriptions-insert',
    text: `insert into notification.subscriptions
             (subscription_id, tenant_id, project_id, url, description, created_by, created_at)
           select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])`,
    values: [
      events.map((event) => event.data.subscriptionId),
      events.map((event) => event.tenantId),
      events.map((event) => event.data.projectId),
      events.map((event) => event.data.url),
      events.map((event) => event.data.description),
      events.map((event) => event.data.createdBy),
      events.map((event) => event.recordedAt),
    ],
  });
}

async function remove(tx: Sql, events: readonly RecordedEvent<SubscriptionRemoved>[]): Promise<void> {
  await tx.query({
    name: 'subscriptions-remove',
    text: `with gone as (delete from notification.secrets where subscription_id = any($1::uuid[]))
           delete from notification.subscriptions where subscription_id = any($1::uuid[])`,
    values: [events.map((event) => event.data.subscriptionId)],
  });
}
