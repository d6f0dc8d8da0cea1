import type { Sql } from '@codex/postgres';
import type { ClaimedDelivery, Deliveries, NewDelivery, Subscriber } from '../application/deliveries';

interface ClaimedRecord {
  readonly delivery_id: string;
  readonly tenant_id: string;
  readonly subscription_id: string;
  readonly work_item_id: string;
  readonly project_id: string;
  readonly event_type: string;
  readonly title: string;
  readonly correlation_id: string;
  readonly traceparent: string | null;
  readonly attempts: number;
  readonly created_at: Date;
  readonly url: string | null;
  readonly secret: string | null;
}

/** {@link Deliveries} in Postgres. */
export class PostgresDeliveries implements Deliveries {
  constructor(private readonly sql: Sql) {}

  async subscribersOf(
    items: readonly { readonly workItemId: string; readonly projectId: string; readonly tenantId: string }[],
  ): Promise<readonly Subscriber[]> {
    if (items.length === 0) return [];
    const { rows } = await this.sql.query<{ subscription_id: string; work_item_id: string }>(
      `select s.subscription_id, i.work_item_id
       from unnest($1::uuid[], $2::uuid[], $3::text[]) as i (work_item_id, project_id, tenant_id)
       join notification.subscriptions s
         on s.tenant_id = i.tenant_id and (s.project_id is null or s.project_id = i.project_id)
       order by i.work_item_id, s.subscription_id`,
      [items.map((i) => i.workItemId), items.map((i) => i.projectId), items.map((i) => i.tenantId)],
    );
    return rows.map((row) => ({ subscriptionId: row.subscription_id, workItemId: row.work_item_id }));
  }

  async add(deliveries: readonly NewDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    await this.sql.query(
      `insert into notification.deliveries (delivery_id, tenant_id, subscription_id, work_item_id, project_id,
         event_type, title, correlation_id, traceparent)
       select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
         $8::text[], $9::text[])`,
      [
        deliveries.map((d) => d.deliveryId),
        deliveries.map((d) => d.tenantId),
        deliveries.map((d) => d.subscriptionId),
        deliveries.map((d) => d.workItemId),
        deliveries.map((d) => d.projectId),
        deliveries.map((d) => d.eventType),
        deliveries.map((d) => d.title),
        deliveries.map((d) => d.correlationId),
        deliveries.map((d) => d.traceparent),
      ],
    );
  }

  async claim(limit: number, leaseMs: number): Promise<readonly ClaimedDelivery[]> {
    const { rows } = await this.sql.query<ClaimedRecord>(
      `with claimed as (
         update notification.deliveries
         set attempts = attempts + 1, due_at = clock_timestamp() + $2 * interval '1 millisecond'
         where delivery_id in (
           select delivery_id from notification.deliveries where due_at <= clock_timestamp()
           order by due_at limit $1 for update skip locked)
         returning *)
       select c.*, s.url, k.secret from claimed c
       left join notification.subscriptions s using (subscription_id)
       left join notification.secrets k using (subscription_id)`,
      [limit, leaseMs],
    );
    return rows.map(claimedDelivery);
  }

  async postpone(deliveryId: string, delayMs: number): Promise<void> {
    await this.sql.query(
      `update notification.deliveries set due_at = clock_timestamp() + $2 * interval '1 millisecond'
       where delivery_id = $1`,
      [deliveryId, delayMs],
    );
  }

  async remove(deliveryIds: readonly string[]): Promise<void> {
    await this.sql.query('delete from notification.deliveries where delivery_id = any($1::uuid[])', [deliveryIds]);
  }
}

function claimedDelivery(record: ClaimedRecord): ClaimedDelivery {
  return {
    deliveryId: record.delivery_id,
    tenantId: record.tenant_id,
    subscriptionId: record.subscription_id,
    workItemId: record.work_item_id,
    projectId: record.project_id,
    eventType: record.event_type,
    title: record.title,
    correlationId: record.correlation_id,
    traceparent: record.traceparent,
    attempts: record.attempts,
    createdAt: record.created_at.toISOString(),
    target: record.url === null ? null : { url: record.url, secret: record.secret },
  };
}
