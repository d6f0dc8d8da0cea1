import { eventually } from '@codex/testing';
import { Client } from 'pg';

/** Somebody else who takes every connection that a server has for ordinary users, those of a role among them. */
export class ConnectionHog {
  private readonly held: Client[] = [];

  /** `superuserUrl` is of the server; the hog makes itself a role there. */
  static async takeAll(superuserUrl: string, victim: string): Promise<ConnectionHog> {
    const hog = new ConnectionHog();
    const superuser = await hog.hold(superuserUrl);
    await superuser.query(`create role hog login password 'hog'`);
    const url = Object.assign(new URL(superuserUrl), { username: 'hog', password: 'hog' }).href;
    await eventually(
      async () => {
        await superuser.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [victim]);
        while (await hog.takeOne(url));
        return (await superuser.query('select from pg_stat_activity where usename = $1', [victim])).rowCount === 0;
      },
      { timeoutMs: 20_000, description: 'taking every connection' },
    );
    return hog;
  }

  async release(): Promise<void> {
    await Promise.all(this.held.map((client) => client.end()));
  }

  private async takeOne(url: string): Promise<boolean> {
    try {
      await this.hold(url);
      return true;
    } catch {
      return false;
    }
  }

  private async hold(url: string): Promise<Client> {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    this.held.push(client);
    return client;
  }
}
