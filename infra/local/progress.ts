/** Where a launcher's readable lines go; a quiet one swallows them. */
export interface Progress {
  say(line: string): void;
  /** Runs the work; a step longer than a second says so while it runs, and every step says how long it took. */
  step<T>(label: string, work: () => Promise<T>): Promise<T>;
}

const PATIENCE_MS = 1000;

export function consoleProgress(write: (line: string) => void = (line) => process.stdout.write(`${line}\n`)): Progress {
  return {
    say: write,
    async step(label, work) {
      const startedAt = performance.now();
      const slow = setTimeout(() => write(`  … ${label}`), PATIENCE_MS);
      try {
        const result = await work();
        write(`  ✓ ${label} (${seconds(startedAt)})`);
        return result;
      } catch (error) {
        write(`  ✗ ${label} (${seconds(startedAt)})`);
        throw error;
      } finally {
        clearTimeout(slow);
      }
    },
  };
}

export const quietProgress: Progress = { say: () => undefined, step: (_label, work) => work() };

function seconds(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
