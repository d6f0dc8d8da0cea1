import { Client, type Pool } from 'pg';
import type { MigrationInterface } from 'typeorm';

/** A class of TypeORM's kind; its name ends in a timestamp, which is its place in the order. */
export type Migration = new () => MigrationInterface;

const MIGRATION_LOCK = 7_318_221_046;

/**
 * Brings a database up to date: runs each migration that `table` (`<schema>.<table>`, created with its schema when
 * missing) does not list, oldest first, each in its own transaction. Safe to call from many processes at once: an
 * advisory lock lets one work while the others wait. A failed migration leaves the earlier ones in place.
 */
export async function runMigrations(
  database: Pool | string,
  table: string,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const connectionString = typeof database === 'string' ? database : connectionStringOf(database);
  const [schema, tableName] = splitTable(table);
  const client = new Client({ connectionString, application_name: 'migrations' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await createSchema(client, schema);
    return await migrate(connectionString, { schema, tableName, migrations });
  } finally {
    await client.end();
  }
}

interface Plan {
  readonly schema: string;
  readonly tableName: string;
  readonly migrations: readonly Migration[];
}

async function migrate(connectionString: string, plan: Plan): Promise<readonly string[]> {
  // Loaded here because it is large, and a process without migrations need not carry it.
  const { DataSource } = await import('typeorm');
  const source = new DataSource({
    type: 'postgres',
    url: connectionString,
    schema: plan.schema,
    migrationsTableName: plan.tableName,
    migrations: [...plan.migrations],
    migrationsTransactionMode: 'each',
    applicationName: 'migrations',
    poolSize: 1,
    logging: false,
  });
  await source.initialize();
  try {
    const ran = await source.runMigrations({ transaction: 'each' });
    return ran.map((migration) => migration.name);
  } finally {
    await source.destroy();
  }
}

// `create schema if not exists` asks for the right to create even when there is nothing to create.
async function createSchema(client: Client, schema: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_namespace where nspname = $1', [schema]);
  if (rowCount === 0) await client.query(`create schema ${client.escapeIdentifier(schema)}`);
}

function splitTable(table: string): readonly [schema: string, table: string] {
  const [schema, name] = table.split('.');
  if (!schema || !name) throw new Error(`a migrations table is named <schema>.<table>, not ${table}`);
  return [schema, name];
}

function connectionStringOf(pool: Pool): string {
  const { connectionString } = pool.options;
  if (connectionString === undefined) throw new Error('migrations need a pool that was made with a connection string');
  return connectionString;
}
