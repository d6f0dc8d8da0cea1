import { newId } from '@codex/event-sourcing';
import { Client } from 'pg';

/** A database of a benchmark's own on the server at hand; its URL. */
export async function createDatabase(databaseUrl: string, prefix: string): Promise<string> {
  const name = `${prefix}_${newId().replaceAll('-', '')}`;
  await asAdmin(databaseUrl, `create database ${name}`);
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}

export function dropDatabase(databaseUrl: string, url: string): Promise<void> {
  return asAdmin(databaseUrl, `drop database ${new URL(url).pathname.slice(1)} with (force)`);
}

async function asAdmin(databaseUrl: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
