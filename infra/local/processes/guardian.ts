import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { RegisteredProcess } from './pid-register';

/**
 * A small process that outlives a killed launcher just long enough to end its children: it notices the end of the
 * pipe between them. Without it Kafka, Postgres and the services would go on after `kill -9` of the launcher.
 */
export class Guardian {
  private readonly child: ChildProcess;

  constructor(root: string) {
    this.child = spawn(process.execPath, [join(root, 'scripts/guardian.mjs')], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '' },
    });
    this.child.on('error', () => undefined);
    this.child.stdin?.on('error', () => undefined);
    this.child.unref();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  watch(process: RegisteredProcess): void {
    this.tell({ add: { pid: process.pid, stopSignal: process.stopSignal } });
  }

  forget(pid: number): void {
    this.tell({ remove: pid });
  }

  /** Resolves when the guardian has ended, and with it whatever it still watched. */
  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.ref();
    const ended = once(this.child, 'exit');
    this.child.stdin?.end();
    await ended;
  }

  private tell(message: object): void {
    if (this.child.stdin?.writable) this.child.stdin.write(`${JSON.stringify(message)}\n`);
  }
}
