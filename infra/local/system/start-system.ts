import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lockStateFolder } from '../launcher-lock';
import { freePorts, portOrAnother } from '../ports';
import { ChildProcesses, pidFile } from '../processes/child-processes';
import { endLeftovers } from '../processes/leftovers';
import { consoleProgress, type Progress, quietProgress } from '../progress';
import type { Servers } from '../server-options';
import { startServers } from '../servers';
import { loadCredentials, newTokenKeys, writeApiKeysFile } from './credentials';
import { Fleet } from './fleet';
import { prepareServers, removeEmbeddedData } from './prepare-servers';
import { RunningSystem } from './running-system';
import type { SystemWiring } from './service-environment';
import { AGENT, GATEWAY, mainOf, planInstances, services } from './services';
import { SystemFile } from './system-file';

export interface SystemOptions {
  /** The clone; its `dist/` must be built. */
  readonly root: string;
  /** Data, logs, `system.json`; default `.local` in the clone. One system at a time in each. */
  readonly stateDir?: string;
  /** Start with empty data. */
  readonly fresh?: boolean;
  /** Reference agents, default 1. */
  readonly agents?: number;
  /** Processes of each service, default 1. Calls go to the first; the others share the work of consuming. */
  readonly replicas?: number;
  /** Of the gateway, default 8080; 0 takes a free one, and so does one that is in use. */
  readonly port?: number;
  readonly quiet?: boolean;
  /** Ends the start: everything started so far is stopped and the promise rejects. */
  readonly signal?: AbortSignal;
}

const DEFAULT_PORT = 8080;

/**
 * Servers, databases, topics and every service as a process of its own; resolves when all are ready. When that fails
 * nothing is left running.
 */
export async function startSystem(options: SystemOptions): Promise<RunningSystem> {
  const stateDir = resolve(options.stateDir ?? join(options.root, '.local'));
  const lock = lockStateFolder(stateDir);
  const progress = options.quiet ? quietProgress : consoleProgress();
  let children: ChildProcesses | undefined;
  try {
    checkBuild(options.root);
    await tidyUp(stateDir, options.fresh ?? false, progress);
    options.signal?.throwIfAborted();
    children = new ChildProcesses(options.root, stateDir);
    const system = await unlessAborted(assemble({ ...options, stateDir }, children, progress), options.signal);
    return system.onStopped(() => lock.release());
  } catch (error) {
    await children?.close();
    lock.release();
    throw error;
  }
}

/** Does not wait for the work to notice, which may be a long download. */
async function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  const done = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const options = { once: true, signal: done.signal };
    signal?.addEventListener(
      'abort',
      () => reject(new Error('the start was given up', { cause: signal.reason })),
      options,
    );
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    done.abort();
  }
}

/** Before anything is started that would have to be stopped again. */
function checkBuild(root: string): void {
  const missing = [...services.map(({ app }) => app), AGENT].filter((app) => !existsSync(mainOf(root, app)));
  if (missing.length > 0) throw new Error(`not built: ${missing.join(', ')} (npm run build)`);
}

async function tidyUp(stateDir: string, fresh: boolean, progress: Progress): Promise<void> {
  new SystemFile(stateDir).remove();
  const ended = await endLeftovers(pidFile(stateDir));
  if (ended.length > 0) progress.say(`  ended what a killed run had left: ${ended.join(', ')}`);
  rmSync(join(stateDir, 'logs'), { recursive: true, force: true });
  if (fresh) removeEmbeddedData(stateDir);
}

async function assemble(
  options: SystemOptions & { readonly stateDir: string },
  children: ChildProcesses,
  progress: Progress,
): Promise<RunningSystem> {
  const { root, stateDir } = options;
  const file = new SystemFile(stateDir);
  const credentials = loadCredentials(stateDir);
  const serverOptions = { root, stateDir, children, progress, password: credentials.superuserPassword };
  const servers = await startServers(serverOptions);
  await prepareServers(servers, credentials, { fresh: options.fresh ?? false, progress });
  const wiring: SystemWiring = {
    stateDir,
    superuserUrl: servers.databaseUrl,
    kafkaBrokers: servers.kafkaBrokers,
    credentials,
    tokenKeys: newTokenKeys(),
    apiKeysFile: writeApiKeysFile(stateDir, credentials),
    instances: await plan(options, progress),
  };
  const system: RunningSystem = new RunningSystem({ children, servers, wiring, file }, (onChange) => {
    return new Fleet({ root, children, progress, onChange }, wiring);
  });
  await progress.step(`${wiring.instances.length} services`, () => system.start());
  return system;
}

async function plan(options: SystemOptions, progress: Progress): Promise<SystemWiring['instances']> {
  const counts = { agents: options.agents ?? 1, replicas: options.replicas ?? 1 };
  const wanted = options.port ?? DEFAULT_PORT;
  const gateway = await portOrAnother(wanted);
  if (wanted !== 0 && gateway !== wanted) progress.say(`  port ${wanted} is in use: the ${GATEWAY} takes ${gateway}`);
  const ports = [...(await freePorts(services.length * counts.replicas + counts.agents))];
  return planInstances(counts, { gateway, take: () => ports.pop() ?? 0 });
}

export type { RunningSystem, Servers };
