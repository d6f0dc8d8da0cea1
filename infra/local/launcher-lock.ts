import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isAlive, type ProcessIdentity } from './processes/process-identity';

/** One launcher for each state folder. Rejects while another lives; the lock of a dead one is taken over. */
export function lockStateFolder(stateDir: string): { release(): void } {
  mkdirSync(stateDir, { recursive: true });
  const file = join(stateDir, 'launcher.lock');
  for (let attempt = 0; ; attempt++) {
    try {
      const descriptor = openSync(file, 'wx', 0o600);
      writeSync(descriptor, JSON.stringify(identify(process.pid)));
      closeSync(descriptor);
      return { release: () => rmSync(file, { force: true }) };
    } catch (error) {
      const holder = holderOf(file);
      if (attempt > 2 || (holder && isAlive(holder))) {
        throw new Error(`${stateDir} is in use by process ${holder?.pid}: stop that one first`, { cause: error });
      }
      rmSync(file, { force: true });
    }
  }
}

function holderOf(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
