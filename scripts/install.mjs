import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { step } from './step.mjs';

/** `npm ci` when packages are missing or belong to another lock file. */
export async function installIfStale(root) {
  if (isFresh(root)) return;
  await step('Installing packages (once)', () => npmCi(root));
  writeFileSync(stampFile(root), lockHash(root));
}

/** Our stamp knows the content of the lock; without one (npm was called by hand) the times decide. */
function isFresh(root) {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  if (existsSync(stampFile(root))) return readFileSync(stampFile(root), 'utf8') === lockHash(root);
  return statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

function npmCi(root) {
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const [command, all] = npm ? [process.execPath, [npm, ...args]] : ['npm', args];
  const child = spawn(command, all, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell: !npm });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`npm ci failed (exit code ${code})`))));
  });
}

function stampFile(root) {
  return join(root, 'node_modules/.lock-installed');
}

function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}
