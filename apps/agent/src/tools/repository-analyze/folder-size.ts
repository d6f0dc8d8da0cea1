import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of all files below a folder. What vanishes meanwhile does not count. */
export async function folderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory()
        ? folderSize(path)
        : lstat(path).then(
            ({ size }) => size,
            () => 0,
          );
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Aborts the signal once the folder is larger than it may be, looking again and again while something fills it.
 * `stop` resolves to the last size.
 */
export function watchSize(
  folder: string,
  maxBytes: number,
  intervalMs = 200,
): { readonly signal: AbortSignal; stop(): Promise<number> } {
  const exceeded = new AbortController();
  let stopped = false;
  const watching = (async () => {
    while (!stopped && !exceeded.signal.aborted) {
      if ((await folderSize(folder)) > maxBytes) exceeded.abort(new Error('the folder is too large'));
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
  })();
  return {
    signal: exceeded.signal,
    async stop() {
      stopped = true;
      await watching;
      return folderSize(folder);
    },
  };
}
