import type { Logger } from 'pino';
import type { HealthRegistry } from '../health/health-registry';

/** What stops first: intake of work, then consumers, then the relay (which flushes), then the pools and clients. */
export type StopStage = 'intake' | 'consumers' | 'relay' | 'connections';

const STAGES: readonly StopStage[] = ['intake', 'consumers', 'relay', 'connections'];
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5_000;

/** Thrown by a start task that must not be repeated: the process says why and ends. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

interface Task<Args extends readonly unknown[]> {
  readonly name: string;
  readonly run: (...args: Args) => Promise<void> | void;
}

/**
 * The order in which a service starts and stops. Start tasks run one after the other and are repeated with backoff until
 * they work: a service whose database or broker is away is up, not ready, and needs no hands to recover.
 */
export class Lifecycle {
  private readonly starts: Task<[AbortSignal]>[] = [];
  private readonly afterwards: Task<[AbortSignal]>[] = [];
  private readonly stops = new Map<StopStage, Task<[]>[]>();
  private readonly controller = new AbortController();
  private stopped: Promise<void> | undefined;
  private waitingFor: string | null = 'start';
  private isServing = false;

  constructor(
    private readonly logger: Logger,
    health: HealthRegistry,
  ) {
    health.register('startup', () => this.startupHealth());
  }

  /** Aborted at the very beginning of the shutdown: long polls and waits should end on it. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** True from the end of the start tasks to the beginning of the shutdown: requests are answered. */
  get servesRequests(): boolean {
    return this.isServing && !this.signal.aborted;
  }

  /** Adds a start task; tasks run in the order of registration and must be safe to repeat after a failure. */
  onStart(name: string, run: (signal: AbortSignal) => Promise<void> | void): void {
    this.starts.push({ name, run });
  }

  /** Adds a task for after the start tasks; the same, but requests are served meanwhile. Readiness still waits for it. */
  onServing(name: string, run: (signal: AbortSignal) => Promise<void> | void): void {
    this.afterwards.push({ name, run });
  }

  /** Adds a stop task; those of one stage run at the same time, and a failing one does not keep the others from running. */
  onStop(stage: StopStage, name: string, run: () => Promise<void> | void): void {
    this.stops.set(stage, [...(this.stops.get(stage) ?? []), { name, run }]);
  }

  /** Runs the start tasks. Resolves when all are done or the shutdown began; rejects only with {@link StartRefused}. */
  async start(): Promise<void> {
    await this.runStarts(this.starts);
    this.isServing = true;
    await this.runStarts(this.afterwards);
    if (this.signal.aborted) return;
    this.waitingFor = null;
    this.logger.info('ready');
  }

  /** Runs the stop tasks stage by stage, once; later calls wait for the first. */
  stop(): Promise<void> {
    this.stopped ??= this.runStops();
    return this.stopped;
  }

  private async runStarts(tasks: readonly Task<[AbortSignal]>[]): Promise<void> {
    for (const task of tasks) {
      if (this.signal.aborted) return;
      this.waitingFor = task.name;
      await this.untilDone(task);
    }
  }

  private async untilDone(task: Task<[AbortSignal]>): Promise<void> {
    for (let delayMs = FIRST_RETRY_MS; !this.signal.aborted; delayMs = Math.min(delayMs * 2, LAST_RETRY_MS)) {
      try {
        await task.run(this.signal);
        return;
      } catch (error) {
        if (error instanceof StartRefused) throw error;
        this.logger.warn({ err: error, task: task.name, retryInMs: delayMs }, 'start task failed, trying again');
        await pause(delayMs, this.signal);
      }
    }
  }

  private async runStops(): Promise<void> {
    this.controller.abort();
    for (const stage of STAGES) {
      await Promise.all((this.stops.get(stage) ?? []).map((task) => this.runStop(stage, task)));
    }
  }

  private async runStop(stage: StopStage, task: Task<[]>): Promise<void> {
    try {
      await task.run();
    } catch (error) {
      this.logger.error({ err: error, stage, task: task.name }, 'stop task failed');
    }
  }

  private startupHealth(): { status: 'up' | 'down'; detail?: string } {
    if (this.signal.aborted) return { status: 'down', detail: 'shutting down' };
    return this.waitingFor === null ? { status: 'up' } : { status: 'down', detail: `waiting for ${this.waitingFor}` };
  }
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, delayMs);
    signal.addEventListener('abort', finish, { once: true });
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
  });
}
