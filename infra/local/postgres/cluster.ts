import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { ChildProcesses, ChildSpec } from '../processes/child-processes';
import type { RunAs } from './identity';
import type { Placement } from './placement';

export interface ClusterOptions {
  readonly placement: Placement;
  readonly as: RunAs;
  readonly password: string;
  readonly port: number;
  readonly logFile: string;
}

/**
 * Throughput on two cores without giving up durability: a commit that was answered is on the disk. The planner's
 * random_page_cost is that of a disk without arms.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  wal_compression: 'on',
  max_connections: '300',
  autovacuum: 'on',
  autovacuum_naptime: '15s',
  random_page_cost: '1.1',
  checkpoint_timeout: '15min',
};

/** Creates the cluster on the first use and says how to start it. */
export async function prepareCluster(children: ChildProcesses, options: ClusterOptions): Promise<ChildSpec> {
  const data = join(options.placement.home, 'data');
  if (!existsSync(data)) await initialise(children, options, data);
  const settings = Object.entries({ ...SETTINGS, port: String(options.port) });
  return {
    name: 'postgres',
    command: join(options.placement.binaries, 'postgres'),
    args: ['-D', data, ...settings.flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    env: { PATH: process.env['PATH'], LC_MESSAGES: 'C' },
    cwd: options.placement.home,
    logFile: options.logFile,
    ...options.as,
    stopSignal: 'SIGINT',
    stopDeadlineMs: 10_000,
  };
}

export async function isPostgresUp(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** In a folder beside its place and then moved, so that an interrupted initdb is never taken for a cluster. */
async function initialise(children: ChildProcesses, options: ClusterOptions, data: string): Promise<void> {
  const { placement, as, password, logFile } = options;
  const draft = `${data}.${randomBytes(6).toString('hex')}`;
  const passwordFile = `${draft}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (as.uid !== undefined && as.gid !== undefined) chownSync(passwordFile, as.uid, as.gid);
  const authentication = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  try {
    const args = ['-D', draft, '--no-sync', ...authentication, ...locale];
    const initdb = { name: 'initdb', command: join(placement.binaries, 'initdb'), args, cwd: placement.home };
    await children.run({ ...initdb, ...as, env: { PATH: process.env['PATH'], LC_MESSAGES: 'C' }, logFile });
    renameSync(draft, data);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw new Error('PostgreSQL could not create its data folder', { cause: error });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}
