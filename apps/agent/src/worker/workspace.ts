import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Scratch folders of runs, below one folder that belongs to this agent alone. */
export class Workspace {
  private readonly runs: string;

  constructor(folder: string) {
    this.runs = join(folder, 'runs');
  }

  /** Removes what a killed agent left behind. */
  async prepare(): Promise<void> {
    await rm(this.runs, { recursive: true, force: true, maxRetries: 3 });
    await mkdir(this.runs, { recursive: true, mode: 0o700 });
  }

  /** Gives `work` an empty folder once it asks for one, and removes it however `work` ends. */
  async within<T>(runId: string, work: (folder: () => Promise<string>) => Promise<T>): Promise<T> {
    let made: Promise<string> | undefined;
    try {
      return await work(() => (made ??= mkdtemp(join(this.runs, `${runId}-`))));
    } finally {
      const folder = await made?.catch(() => undefined);
      if (folder !== undefined) {
        await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
      }
    }
  }
}
