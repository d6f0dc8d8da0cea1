import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { serverAddresses } from '@codex/testing';
import { Client } from 'pg';
import { isBrokerUp } from './kafka/broker';
import { databaseUrl, dropDatabases, ensureDatabases, serviceDatabases } from './postgres/databases';
import { embeddedPostgres } from './postgres/embedded-postgres';
import { nativeFolder } from './postgres/placement';
import { ChildProcesses } from './processes/child-processes';
import { quietProgress } from './progress';
import type { ServerOptions, Servers } from './server-options';
import { startServers } from './servers';
import { deleteTopics, ensureTopics } from './topics';

const root = resolve(__dirname, '../..');
const isRoot = process.getuid?.() === 0;

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A launcher's folder with its processes; everything is gone after the work. */
async function inStateFolder<T>(work: (options: ServerOptions, said: readonly string[]) => Promise<T>): Promise<T> {
  const stateDir = mkdtempSync(join(tmpdir(), 'servers-'));
  chmodSync(stateDir, 0o755);
  const children = new ChildProcesses(root, stateDir);
  const said: string[] = [];
  const progress = { ...quietProgress, say: (line: string) => void said.push(line) };
  try {
    return await work({ root, stateDir, children, progress, password: 'secret' }, said);
  } finally {
    await children.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

/** Without the addresses of this test run, so that servers are started. */
async function startEmbedded(options: ServerOptions): Promise<Servers> {
  const { DATABASE_URL, KAFKA_BROKERS, INFRA } = process.env;
  delete process.env['DATABASE_URL'];
  delete process.env['KAFKA_BROKERS'];
  delete process.env['INFRA'];
  const started = startServers(options);
  Object.assign(process.env, { DATABASE_URL, KAFKA_BROKERS, ...(INFRA === undefined ? {} : { INFRA }) });
  return started;
}

describe('servers', () => {
  it('are those given, when they are given', async () => {
    await inStateFolder(async (options) => {
      const servers = await startServers(options);
      expect(servers).toMatchObject({ kind: 'given', ...serverAddresses(), processes: [] });
    });
  });

  it('of two clones run side by side', async () => {
    await inStateFolder((one) =>
      inStateFolder(async (other) => {
        const both = await Promise.all([startEmbedded(one), startEmbedded(other)]);
        for (const { databaseUrl: url, kafkaBrokers } of both) {
          expect(await query(url, 'show fsync')).toEqual([{ fsync: 'on' }]);
          expect(await query(url, 'show synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
          expect(await isBrokerUp(Number(kafkaBrokers[0]?.split(':')[1]))).toBe(true);
        }
        await Promise.all(both.map((servers) => servers.stop()));
      }),
    );
  });

  it('include a Postgres that its user can reach, wherever the clone is', async () => {
    await inStateFolder(async (outer, said) => {
      const stateDir = join(outer.stateDir, 'private/clone/.local');
      mkdirSync(stateDir, { recursive: true });
      chmodSync(join(outer.stateDir, 'private'), 0o700);
      const source = join(outer.stateDir, 'private/native');
      cpSync(nativeFolder(), source, { recursive: true, verbatimSymlinks: true });
      const refuges = join(outer.stateDir, 'refuges');
      const postgres = await embeddedPostgres({ ...outer, stateDir }, { refuges, source });
      expect(await query(postgres.databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
      expect(existsSync(join(stateDir, 'postgres/data'))).toBe(!isRoot);
      expect(said.some((line) => line.includes(refuges))).toBe(isRoot);
    });
  });
});

describe('databases', () => {
  it('belong to one service each, and the reader can only read', async () => {
    await inStateFolder(async (options) => {
      const { databaseUrl: superuser } = await embeddedPostgres(options);
      const passwords = Object.fromEntries([...serviceDatabases, 'query_api'].map((role) => [role, `of-${role}`]));
      await ensureDatabases(superuser, passwords);
      await ensureDatabases(superuser, passwords);
      const as = (user: string, database: string): string =>
        databaseUrl(superuser, database, { user, password: `of-${user}` });

      await query(as('read_models', 'read_models'), 'create schema late; create table late.t as select 1 as one');
      expect(await query(as('query_api', 'read_models'), 'select one from late.t')).toEqual([{ one: 1 }]);
      const write = 'begin read write; insert into late.t values (2)';
      await expect(query(as('query_api', 'read_models'), 'insert into late.t values (2)')).rejects.toThrow('read-only');
      await expect(query(as('query_api', 'read_models'), write)).rejects.toThrow('permission denied');
      await expect(query(as('query_api', 'project'), 'select 1')).rejects.toThrow('permission denied for database');
      await expect(query(as('project', 'work_item'), 'select 1')).rejects.toThrow('permission denied for database');
      await expect(query(as('project', 'postgres'), 'select 1')).rejects.toThrow('permission denied for database');

      await dropDatabases(superuser);
      await expect(query(as('project', 'project'), 'select 1')).rejects.toThrow('does not exist');
    });
  });
});

describe('topics', () => {
  const name = `topics-${process.pid}.${Date.now()}`;
  const brokers = (): readonly string[] => serverAddresses().kafkaBrokers;
  const wanted = { name, partitions: 3, config: { 'retention.ms': '-1', 'cleanup.policy': 'delete' } };
  afterAll(() => deleteTopics(brokers(), [name]));

  it('are created once, also by two at the same time', async () => {
    await Promise.all([ensureTopics(brokers(), [wanted]), ensureTopics(brokers(), [wanted])]);
    await ensureTopics(brokers(), [wanted]);
  });

  it.each([
    ['partitions', { ...wanted, partitions: 4 }, 'has partitions 3, not 4'],
    ['retention', { ...wanted, config: { 'retention.ms': '5' } }, 'has retention.ms -1, not 5'],
    ['clean-up', { ...wanted, config: { 'cleanup.policy': 'compact' } }, 'has cleanup.policy delete, not compact'],
  ])('that differ in %s are not accepted', async (_setting, other, message) => {
    await ensureTopics(brokers(), [wanted]);
    await expect(ensureTopics(brokers(), [other])).rejects.toThrow(message);
  });
});
