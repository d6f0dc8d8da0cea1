import { homedir } from 'node:os';
import { join } from 'node:path';

/** Downloads are kept here for all clones of this user. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(base, 'codex-orchestrator');
}
