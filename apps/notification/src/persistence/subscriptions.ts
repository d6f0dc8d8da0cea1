import type { Sql } from '@codex/postgres';

export interface Subscription {
  readonly id: string;
  readonly projectId: string | null;
  readonly url: string;
  readonly description: string | null;
  readonly createdBy: string;
  readonly createdAt: string;
}

/** Which part of the list is wanted: newest first, older than `beforeId`. */
export interface SubscriptionFilter {
  readonly tenantId: string;
  readonly projectId: string | undefined;
  readonly beforeId: string | undefined;
  readonly limit: number;
}

/** The list of subscriptions. */
export class Subscriptions {
  constructor(private readonly sql: Sql) {}

  async list({ tenantId, projectId, beforeId, limit }: SubscriptionFilter): Promise<readonly Subscription[]> {
    const { rows } = await this.sql.query<{
      subscription_id: string;
      project_id: string | null;
      url: string;
      description: string | null;
      created_by: string;
      created_at: Date;
    }>(
      `select subscription_id, project_id, url, description, created_by, created_at from notification.subscriptions
       where tenant_id = $1 and ($2::uuid is null or project_id = $2) and ($3::uuid is null or subscription_id < $3)
       order by subscription_id desc limit $4`,
      [tenantId, projectId ?? null, beforeId ?? null, limit],
    );
    return rows.map((row) => ({
      id: row.subscription_id,
      projectId: row.project_id,
      url: row.url,
      description: row.description,
      createdBy: row.created_by,
      createdAt: row.created_at.toISOString(),
    }));
  }
}
