import { eventually } from '@codex/testing';
import { Client } from 'pg';

/** Connections that a server has for ordinary users, one of which the hog's superuser takes. */
const FOR_ORDINARY_USERS = `
  select sum(setting::int * case name when 'max_connections' then 1 else -1 end)::int as "count" from pg_settings
  where name in ('max_connections', 'superuser_reserved_connections', 'reserved_connections')`;

/**
 * Somebody else who takes every connection that a server has for ordinary users, those of a role among them, until
 * disposed of.
 */
export class ConnectionHog implements AsyncDisposable {
  private readonly held: Client[] = [];

  /** `superuserUrl` is of the server; the hog makes itself a role there. */
  static async takeAll(superuserUrl: string, victim: string): Promise<ConnectionHog> {
    const hog = new ConnectionHog();
    try {
      const superuser = await hog.hold(superuserUrl);
      await superuser.query(`create role hog login password 'hog'`);
      const { rows } = await superuser.query<{ count: number }>(FOR_ORDINARY_USERS);
      const url = Object.assign(new URL(superuserUrl), { username: 'hog', password: 'hog' }).href;
      // Else the victim is back in a place as soon as it is free.
      await superuser.query(`alter role ${victim} connection limit 0`);
      await superuser.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [victim]);
      await eventually(
        async () => {
          while (await hog.takeOne(url));
          // A refusal alone says little: a connection that is being ended keeps its place a little longer.
          return hog.held.length === rows[0]?.count;
        },
        { description: 'taking every connection' },
      );
      await superuser.query(`alter role ${victim} connection limit -1`);
      return hog;
    } catch (error) {
      await hog[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.held.splice(0).map((client) => client.end()));
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
