import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually } from '@codex/testing';
import type { EffectsPlace } from './effects-world';
import { ROOT } from './private-servers';

/** One text in one compiled file, replaced. */
export interface Breakage {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const ENTRY = 'test/faults/parts/effects-member.process.ts';

/** A member of a group that can be stopped in the middle of a batch, and goes on as if nothing had happened. */
export class FreezableMember implements AsyncDisposable {
  private isToFreeze = false;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', () => {
      if (this.isToFreeze) child.kill('SIGSTOP');
      this.isToFreeze = false;
      // Whoever is frozen hears it when awake again.
      child.send('go on', () => undefined);
    });
  }

  static start(place: EffectsPlace, breakage?: Breakage): FreezableMember {
    const runner = breakage === undefined ? 'tools/run-ts.cjs' : 'test/faults/parts/run-broken.cjs';
    const env = { ...process.env, ...(breakage && { BREAK: JSON.stringify(breakage) }) };
    const child = fork(join(ROOT, runner), [ENTRY, JSON.stringify(place)], { cwd: ROOT, env, execArgv: [] });
    return new FreezableMember(child);
  }

  /** SIGSTOP, while a transaction of it has written its effects and is not committed. */
  async freezeInsideBatch(): Promise<void> {
    this.isToFreeze = true;
    await eventually(() => !this.isToFreeze, { timeoutMs: 30_000, pollIntervalMs: 10, description: 'a batch' });
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
