import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToolFailure, type Progress, type Tool, type ToolOutcome } from '../src/tools/tool';

/** Runs one tool as a worker would, in a scratch folder. */
export class ToolRun implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'codex-tool-'));
  readonly progress: Progress[] = [];
  readonly abort = new AbortController();

  constructor(private readonly tool: Tool) {}

  run(input: unknown): Promise<ToolOutcome> {
    return this.tool.run(input, {
      folder: () => Promise.resolve(this.folder),
      signal: this.abort.signal,
      report: (progress) => this.progress.push(progress),
    });
  }

  /** The failure of a run that must fail. */
  async failure(input: unknown): Promise<{ code: string; message: string; retryable: boolean }> {
    try {
      await this.run(input);
    } catch (error) {
      if (!(error instanceof ToolFailure)) throw error;
      return { code: error.code, message: error.message, retryable: error.retryable };
    }
    throw new Error('the tool did not fail');
  }

  files(): readonly string[] {
    return readdirSync(this.folder);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** True while a process of this id is there and not a zombie of ours. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
