import { execFileSync, spawnSync } from 'node:child_process';

/** The user Postgres runs as when the launcher is root; empty when it is not. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

/** Postgres refuses to run as root. Its usual user, else nobody: no user is added to the system. */
export function postgresIdentity(): RunAs {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error('PostgreSQL cannot run as root, and this system has neither a user "postgres" nor "nobody"');
}

/** Whether that user can enter the folder: every folder above must let it through. */
export function canEnter(folder: string, as: RunAs): boolean {
  return (
    as.uid === undefined || spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...as, cwd: '/' }).status === 0
  );
}

/** Whether that user can start the program. */
export function canRun(program: string, as: RunAs): boolean {
  return spawnSync(program, ['--version'], { ...as, cwd: '/' }).status === 0;
}

function idOf(option: string, name: string): number | undefined {
  try {
    return Number(execFileSync('id', [option, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return undefined;
  }
}
