/** What the driver drives. */
export interface DueDriverOptions {
  /** Makes some of what is due ready; resolves with how long nothing else will be due, 0 when there is more now. */
  run(): Promise<{ readonly idleMs: number }>;
  /** The longest sleep: other replicas' work is noticed that late. */
  readonly maxIdleMs: number;
  /** After a failure. */
  readonly retryMs: number;
  failed(error: unknown): void;
}

/**
 * Runs again and again until it is stopped: at once while there is work, else when the next thing is due, when it is poked,
 * or after `maxIdleMs`. One run at a time.
 */
export class DueDriver {
  private loop: Promise<void> | undefined;
  private stopped = false;
  private poked = false;
  private wake: (() => void) | undefined;
  private lastError: unknown = null;

  constructor(private readonly options: DueDriverOptions) {}

  start(): void {
    this.loop ??= this.drive();
  }

  /** Something may be due earlier than was thought. */
  poke(): void {
    this.poked = true;
    this.wake?.();
  }

  /** Resolves when the run at hand is over. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.loop;
  }

  get isFailing(): boolean {
    return this.lastError !== null;
  }

  private async drive(): Promise<void> {
    while (!this.stopped) {
      this.poked = false;
      const idleMs = await this.runOnce();
      if (idleMs > 0 && !this.poked && !this.stopped) await this.sleep(Math.min(idleMs, this.options.maxIdleMs));
    }
  }

  private async runOnce(): Promise<number> {
    try {
      const { idleMs } = await this.options.run();
      this.lastError = null;
      return idleMs;
    } catch (error) {
      this.lastError = error;
      this.options.failed(error);
      return this.options.retryMs;
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      this.wake = done;
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
    });
  }
}
