import { Client, escapeIdentifier, escapeLiteral } from 'pg';

/** One database, owned by a role of the same name, for each service that stores anything. */
export const serviceDatabases = [
  'project',
  'work_item',
  'scheduler',
  'agent_manager',
  'notification',
  'audit',
  'read_models',
] as const;

/** May read what `read_models` creates in its database, and nothing else. */
export const READER = { role: 'query_api', database: 'read_models' } as const;

export const databaseRoles: readonly string[] = [...serviceDatabases, READER.role];

/** Creates what is missing and sets the passwords. No role can connect to a database that is not its own. */
export async function ensureDatabases(
  superuserUrl: string,
  passwords: Readonly<Record<string, string>>,
): Promise<void> {
  await asSuperuser(superuserUrl, async (client) => {
    for (const role of databaseRoles) await ensureRole(client, role, passwords[role] ?? '');
    await client.query(`alter role ${READER.role} set default_transaction_read_only = on`);
    await client.query(`revoke connect on database ${client.database ?? 'postgres'} from public`);
    for (const name of serviceDatabases) await ensureDatabase(client, name);
    await client.query(`grant connect on database ${READER.database} to ${READER.role}`);
  });
  await asSuperuser(databaseUrl(superuserUrl, READER.database), async (client) => {
    const byOwner = `alter default privileges for role ${READER.database}`;
    await client.query(`${byOwner} grant usage on schemas to ${READER.role}`);
    await client.query(`${byOwner} grant select on tables to ${READER.role}`);
    await client.query(`grant usage on schema public to ${READER.role}`);
  });
}

/** Drops them with all that is in them, also under open connections. */
export async function dropDatabases(superuserUrl: string): Promise<void> {
  await asSuperuser(superuserUrl, async (client) => {
    for (const name of serviceDatabases) await client.query(`drop database if exists ${name} with (force)`);
  });
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** The same server with another database, and another login if given. */
export function databaseUrl(serverUrl: string, database: string, login?: Login): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  if (login) Object.assign(url, { username: login.user, password: login.password });
  return url.href;
}

async function ensureRole(client: Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
  if (rowCount === 0) await client.query(`create role ${escapeIdentifier(role)} login`);
  await client.query(`alter role ${escapeIdentifier(role)} login password ${escapeLiteral(password)}`);
}

async function ensureDatabase(client: Client, name: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
  if (rowCount === 0) await client.query(`create database ${name} owner ${name}`);
  await client.query(`revoke connect, temporary on database ${name} from public`);
}

async function asSuperuser(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
