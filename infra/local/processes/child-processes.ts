import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tail } from '../log-tail';
import { Guardian } from './guardian';
import { PidRegister } from './pid-register';
import { identify } from './process-identity';

export interface ChildSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Output is appended here. */
  readonly logFile: string;
  readonly uid?: number;
  readonly gid?: number;
  /** What asks it to end in order. */
  readonly stopSignal: NodeJS.Signals;
  /** After this long it is killed. */
  readonly stopDeadlineMs: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not even be started. */
  readonly error?: Error;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  hasExited(): boolean;
  kill(signal: NodeJS.Signals): void;
  /** Asks, waits for the deadline, then kills; safe to call again. */
  stop(): Promise<Exit>;
}

/**
 * Every process the launcher starts. Each gets a session of its own, so that Ctrl-C reaches only the launcher, which
 * then stops them in order; each is in the pid register (for the next start) and watched by the guardian (for the
 * death of this one).
 */
export class ChildProcesses {
  private readonly guardian: Guardian;
  private readonly register: PidRegister;
  private readonly running = new Set<Child>();
  private closing = false;

  constructor(root: string, stateDir: string) {
    this.guardian = new Guardian(root);
    this.register = new PidRegister(pidFile(stateDir));
  }

  /** Nothing can be started any more. */
  get isClosing(): boolean {
    return this.closing;
  }

  start(spec: ChildSpec): Child {
    if (this.closing) throw new Error(`${spec.name} is not started: the launcher is stopping`);
    const child = this.spawn(spec);
    this.running.add(child);
    void child.exited.then(() => {
      this.running.delete(child);
      this.guardian.forget(child.pid);
      this.register.remove(child.pid);
    });
    return child;
  }

  /** A command that ends by itself; rejects with the end of its log when it fails, and is ended like all others. */
  async run(spec: Omit<ChildSpec, 'stopSignal' | 'stopDeadlineMs'>): Promise<void> {
    const exit = await this.start({ ...spec, stopSignal: 'SIGTERM', stopDeadlineMs: 2000 }).exited;
    if (exit.code === 0) return;
    const how = exit.error?.message ?? exit.signal ?? `exit code ${exit.code}`;
    throw new Error(`${spec.name} failed (${how}). The end of ${spec.logFile}:\n${tail(spec.logFile)}`);
  }

  /** No way back: for a second Ctrl-C. */
  killAll(): void {
    this.closing = true;
    for (const child of this.running) child.kill('SIGKILL');
  }

  /** Stops whatever still runs, all at once; stop what needs an order before. */
  async close(): Promise<void> {
    this.closing = true;
    await Promise.all([...this.running].map((child) => child.stop()));
    await this.guardian.close();
  }

  private spawn(spec: ChildSpec): Child {
    mkdirSync(dirname(spec.logFile), { recursive: true });
    const log = openSync(spec.logFile, 'a', 0o644);
    const { env, cwd, uid, gid } = spec;
    try {
      const started = spawn(spec.command, [...spec.args], {
        env,
        cwd,
        uid,
        gid,
        detached: true,
        stdio: ['ignore', log, log],
      });
      const exited = new Promise<Exit>((resolve) => {
        started.once('exit', (code, signal) => resolve({ code, signal }));
        started.once('error', (error) => resolve({ code: null, signal: null, error }));
      });
      this.announce(spec, started.pid);
      return new RunningChild(spec, started.pid ?? 0, exited);
    } finally {
      closeSync(log);
    }
  }

  private announce(spec: ChildSpec, pid: number | undefined): void {
    const identity = pid === undefined ? undefined : identify(pid);
    if (identity === undefined) return;
    const process = { ...identity, name: spec.name, stopSignal: spec.stopSignal };
    this.guardian.watch(process);
    this.register.add(process);
  }
}

export function pidFile(stateDir: string): string {
  return join(stateDir, 'pids.json');
}

class RunningChild implements Child {
  private ended = false;

  constructor(
    private readonly spec: ChildSpec,
    readonly pid: number,
    readonly exited: Promise<Exit>,
  ) {
    void exited.then(() => (this.ended = true));
  }

  get name(): string {
    return this.spec.name;
  }

  hasExited(): boolean {
    return this.ended;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.ended || this.pid === 0) return;
    try {
      process.kill(this.pid, signal);
    } catch {
      // it has just ended
    }
  }

  async stop(): Promise<Exit> {
    this.kill(this.spec.stopSignal);
    this.kill('SIGCONT');
    const deadline = setTimeout(() => this.kill('SIGKILL'), this.spec.stopDeadlineMs);
    const exit = await this.exited;
    clearTimeout(deadline);
    return exit;
  }
}
