import type { Logger } from 'pino';
import type { HealthRegistry, ServiceHealth } from './health-registry';

/** Hears every change of a service's status, and the first one. */
export type HealthListener = (health: ServiceHealth) => void | Promise<void>;

const INTERVAL_MS = 5_000;

/**
 * Looks at the health every 5 s and tells the listener when the status changed. A listener that fails is told again at
 * the next look, so a change is reported at least once; of changes in between only the last one is.
 */
export class HealthReporter {
  private timer: NodeJS.Timeout | undefined;
  private reported: string | undefined;
  private looking = false;

  constructor(
    private readonly registry: HealthRegistry,
    private readonly listener: HealthListener,
    private readonly logger: Logger,
  ) {}

  start(intervalMs: number = INTERVAL_MS): void {
    this.timer = setInterval(() => void this.look(), intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** One look; public so that tests need not wait. Overlapping calls do nothing. */
  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const health = await this.registry.check();
      if (health.status === this.reported) return;
      await this.listener(health);
      this.reported = health.status;
    } catch (error) {
      this.logger.warn({ err: error }, 'a change of health could not be reported yet');
    } finally {
      this.looking = false;
    }
  }
}
