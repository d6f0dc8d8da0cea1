import { pause } from '../deadline';
import type { Child, ChildProcesses, ChildSpec, Exit } from './child-processes';

export interface SupervisedEvents {
  started?(name: string, pid: number): void;
  died?(name: string, exit: Exit, againInMs: number): void;
}

const BACKOFF = { firstMs: 200, mostMs: 5000, forgottenAfterMs: 10_000 } as const;

/** A process that is started again when it dies: after 0.2 s, growing to 5 s while it keeps dying. */
export class SupervisedProcess {
  private child?: Child;
  private deaths = 0;
  private readonly stopping = new AbortController();
  private ended: Promise<void> = Promise.resolve();

  constructor(
    private readonly children: ChildProcesses,
    private readonly spec: ChildSpec,
    private readonly events: SupervisedEvents = {},
  ) {}

  get name(): string {
    return this.spec.name;
  }

  /** Undefined while it is dead. */
  get pid(): number | undefined {
    return this.child === undefined || this.child.hasExited() ? undefined : this.child.pid;
  }

  /** How often in a row it died soon after its start. */
  get deathsInARow(): number {
    return this.deaths;
  }

  start(): void {
    this.ended = this.keepRunning();
  }

  kill(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** For good; resolves when no process is left. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.child?.stop();
    await this.ended;
  }

  private async keepRunning(): Promise<void> {
    while (!this.isOver()) {
      const startedAt = performance.now();
      this.child = this.children.start(this.spec);
      this.events.started?.(this.name, this.child.pid);
      const exit = await this.child.exited;
      if (this.isOver()) return;
      if (performance.now() - startedAt >= BACKOFF.forgottenAfterMs) this.deaths = 0;
      const againInMs = Math.min(BACKOFF.firstMs * 2 ** this.deaths++, BACKOFF.mostMs);
      this.events.died?.(this.name, exit, againInMs);
      await pause(againInMs, this.stopping.signal);
    }
  }

  private isOver(): boolean {
    return this.stopping.signal.aborted || this.children.isClosing;
  }
}
