import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { step } from './step.mjs';

const FOLDERS = ['apps', 'libs', 'infra', 'bench', 'tools', 'test'];

/**
 * Builds everything to `dist/`, which mirrors the sources, when anything there has changed since. The new build takes
 * the place of the old one at the end, so a service that is started meanwhile finds one of the two.
 */
export async function buildIfStale(root, node) {
  const folders = FOLDERS.filter((folder) => existsSync(join(root, folder)));
  const signature = signatureOf(root, folders);
  const stamp = join(root, 'dist/.signature');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === signature) return;
  await step('Building', async () => {
    const draft = join(root, '.local', `build-${process.pid}`);
    mkdirSync(join(root, '.local'), { recursive: true });
    await compile(root, node, [...folders, '-d', draft]);
    writeFileSync(join(draft, '.signature'), signature);
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    renameSync(draft, join(root, 'dist'));
  });
}

async function compile(root, node, args) {
  const swc = join(root, 'node_modules/@swc/cli/bin/swc.js');
  const quiet = ['--config-file', '.swcrc', '--quiet', '--ignore', '**/*.spec.ts', '--ignore', '**/fixtures/**'];
  try {
    await promisify(execFile)(node, [swc, ...args, ...quiet], { cwd: root });
  } catch (error) {
    throw new Error(`the build failed:\n${error.stderr || error.message}`);
  }
}

/** Names, sizes and times of all sources: 10 ms for a thousand files. */
function signatureOf(root, folders) {
  const hash = createHash('sha256').update(readFileSync(join(root, '.swcrc')));
  for (const folder of folders) {
    for (const name of readdirSync(join(root, folder), { recursive: true }).sort()) {
      if (!name.endsWith('.ts')) continue;
      const { size, mtimeMs } = statSync(join(root, folder, name));
      hash.update(`${folder}/${name}:${size}:${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}
