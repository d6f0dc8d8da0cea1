import type { Sql } from '@codex/postgres';
import { SubscriptionSecrets } from '../application/subscription-secrets';

export class PostgresSubscriptionSecrets extends SubscriptionSecrets {
  constructor(private readonly sql: Sql) {
    super();
  }

  async put(subscriptionId: string, secret: string): Promise<void> {
    await this.sql.query('insert into notification.secrets (subscription_id, secret) values ($1, $2)', [
      subscriptionId,
      secret,
    ]);
  }

  async of(subscriptionId: string): Promise<string | null> {
    const { rows } = await this.sql.query<{ readonly secret: string }>(
      'select secret from notification.secrets where subscription_id = $1',
      [subscriptionId],
    );
    return rows[0]?.secret ?? null;
  }

  async drop(subscriptionId: string): Promise<void> {
    await this.sql.query('delete from notification.secrets where subscription_id = $1', [subscriptionId]);
  }
}
