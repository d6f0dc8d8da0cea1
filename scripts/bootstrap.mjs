// What a fresh clone needs before anything of ours can run: packages, a build, Node 24. Plain JavaScript without
// dependencies, because Node 20 must be able to start it when there is nothing else yet.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from './build.mjs';
import { installIfStale } from './install.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Installs and builds what is missing or old; the Node 24 that runs everything of ours. */
export async function bootstrap() {
  await installIfStale(root);
  const node = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    throw new Error(`${node} is missing: install scripts must be allowed for the packages named in "allowScripts"`);
  }
  await buildIfStale(root, node);
  return node;
}

/** Runs a built program under Node 24 with the arguments of this one, and ends as it ends. */
export async function runBuilt(program) {
  try {
    const node = await bootstrap();
    const main = join(root, 'dist', program);
    if (!existsSync(main)) throw new Error(`${main} is missing after the build`);
    process.exitCode = await run(node, ['--disable-warning=TimeoutNegativeWarning', main, ...process.argv.slice(2)], {
      channel: true,
    });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

/**
 * Resolves with the exit code. Signals go on to the child; a channel tells it when this process is killed. Under
 * npm the end of npm counts as a signal too: the shell between npm and us passes nothing on. Kills the child and
 * rejects when `until` is aborted.
 */
export function run(command, args, { channel = false, until } = {}) {
  const path = [join(root, 'node_modules/node/bin'), join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ['inherit', 'inherit', 'inherit', channel ? 'ipc' : 'ignore'],
    signal: until,
    killSignal: 'SIGKILL',
  });
  const forward = (signal) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  const parents = parentsUnderNpm();
  const orphaned = setInterval(() => parentsUnderNpm() !== parents && forward('SIGTERM'), 1000);
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(until?.aborted ? until.reason : error));
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  }).finally(() => {
    clearInterval(orphaned);
    for (const signal of signals) process.off(signal, forward);
  });
}

/** Our parent and, where /proc tells, its parent; the same text as long as both live. Nothing when npm did not start us. */
function parentsUnderNpm() {
  if (!process.env.npm_lifecycle_event) return '';
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`;
  } catch {
    return String(process.ppid);
  }
}
