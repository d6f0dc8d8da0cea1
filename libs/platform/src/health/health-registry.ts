/** `degraded` is still ready: slower or incomplete, but not wrong. */
export type HealthStatus = 'up' | 'degraded' | 'down';

/** What one part of a service says about itself. `detail` is public: no addresses, no SQL. */
export interface PartHealth {
  readonly status: HealthStatus;
  readonly detail?: string;
}

/** The state of a service: the worst of its parts, each under its name. */
export interface ServiceHealth {
  readonly status: HealthStatus;
  readonly parts: Readonly<Record<string, PartHealth>>;
}

/** Must be cheap, and answer from the state of the part itself rather than from a guess about it. */
export type HealthCheck = () => PartHealth | Promise<PartHealth>;

const CHECK_TIMEOUT_MS = 2_000;

/** The named checks of one process. A check that throws or takes longer than 2 s is `down`. */
export class HealthRegistry {
  private readonly checks = new Map<string, HealthCheck>();

  /** Adds or replaces the check of a part. */
  register(part: string, check: HealthCheck): void {
    this.checks.set(part, check);
  }

  /** Asks all parts at once. */
  async check(): Promise<ServiceHealth> {
    const entries = await Promise.all(
      [...this.checks].map(async ([part, check]) => [part, await answerOf(check)] as const),
    );
    const statuses = new Set(entries.map(([, health]) => health.status));
    const status = statuses.has('down') ? 'down' : statuses.has('degraded') ? 'degraded' : 'up';
    return { status, parts: Object.fromEntries(entries) };
  }
}

async function answerOf(check: HealthCheck): Promise<PartHealth> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<PartHealth>((resolve) => {
    timer = setTimeout(() => resolve({ status: 'down', detail: 'no answer in time' }), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([check(), late]);
  } catch {
    return { status: 'down', detail: 'check failed' };
  } finally {
    clearTimeout(timer);
  }
}
