import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A line of a compiled file and what stands there instead. */
export interface Breakage {
  /** Below `dist/`. */
  readonly file: string;
  /** Must be there exactly once, or the copy would not be broken in the way that is meant. */
  readonly from: string;
  readonly to: string;
}

/** A clone whose build differs in a few places. */
export interface BrokenCopy {
  readonly root: string;
  dispose(): void;
}

const OWN = new Set(['dist', '.local', '.git']);

/** Everything but the build is shared with this clone. */
export function brokenCopy(breakages: readonly Breakage[]): BrokenCopy {
  const clone = process.cwd();
  const root = mkdtempSync(join(tmpdir(), 'codex-broken-'));
  for (const name of readdirSync(clone)) if (!OWN.has(name)) symlinkSync(join(clone, name), join(root, name));
  cpSync(join(clone, 'dist'), join(root, 'dist'), { recursive: true, filter: (path) => !path.endsWith('.map') });
  const dispose = (): void => rmSync(root, { recursive: true, force: true });
  try {
    for (const breakage of breakages) breakIt(root, breakage);
  } catch (error) {
    dispose();
    throw error;
  }
  return { root, dispose };
}

function breakIt(root: string, { file, from, to }: Breakage): void {
  const path = join(root, 'dist', file);
  const parts = readFileSync(path, 'utf8').split(from);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times "${from}", not once`);
  writeFileSync(path, parts.join(to));
}
