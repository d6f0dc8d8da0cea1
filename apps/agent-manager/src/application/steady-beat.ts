/** Work that is repeated as long as the process lives. */
export interface SteadyWork {
  readonly name: string;
  readonly intervalMs: number;
  run(): Promise<unknown>;
  /** Hears failures; the work is tried again at the next beat. */
  failed(error: unknown): void;
}

/** Repeats work with a pause between the end of one run and the next, so runs of one process never overlap. */
export class SteadyBeat {
  readonly name: string;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = true;

  constructor(private readonly work: SteadyWork) {
    this.name = work.name;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.next();
  }

  /** Resolves when the run at hand has ended; none begins after. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private next(): void {
    this.timer = setTimeout(() => {
      this.running = this.once();
    }, this.work.intervalMs);
  }

  private async once(): Promise<void> {
    try {
      await this.work.run();
    } catch (error) {
      this.work.failed(error);
    }
    if (!this.stopped) this.next();
  }
}
