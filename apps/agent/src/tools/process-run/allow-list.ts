import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Executables that may run, by the names under which they may be asked for. */
export type AllowList = ReadonlyMap<string, string>;

/**
 * Resolves the configured names on the search path once, at the start: later changes of the path or of the working folder
 * can't put another program behind an allowed name. What does not exist here is left out.
 */
export function resolveAllowList(entries: readonly string[], searchPath: string): AllowList {
  const allowed = new Map<string, string>();
  for (const entry of entries) {
    const candidates = isAbsolute(entry) ? [entry] : searchPath.split(delimiter).map((folder) => join(folder, entry));
    const found = entry.includes('/') && !isAbsolute(entry) ? undefined : candidates.find(isExecutable);
    if (found !== undefined) allowed.set(entry, isAbsolute(entry) ? found : realpathSync(found));
  }
  return allowed;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return isAbsolute(path) && statSync(path).isFile();
  } catch {
    return false;
  }
}
