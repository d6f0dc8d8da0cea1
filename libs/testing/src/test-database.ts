import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { serverAddresses } from './server-addresses';

export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** Of a superuser on the fresh database. */
  readonly url: string;
  /** Drops the database and ends the connections it still has; safe to call twice. */
  dispose(): Promise<void>;
}

/**
 * A fresh, empty database on the servers of this run. Nobody else uses it; dispose of it in `afterAll` or with
 * `await using`.
 */
export async function createTestDatabase(prefix = 'test'): Promise<TestDatabase> {
  const { databaseUrl } = serverAddresses();
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  await asSuperuser(databaseUrl, `create database "${name}"`);
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  const dispose = (): Promise<void> => asSuperuser(databaseUrl, `drop database if exists "${name}" with (force)`);
  return { name, url: url.href, dispose, [Symbol.asyncDispose]: dispose };
}

async function asSuperuser(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
