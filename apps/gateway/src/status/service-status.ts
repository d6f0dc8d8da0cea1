import { request } from 'undici';
import { serviceNames, type ServiceName } from '../routing/route';

/** `degraded`: it answers, but not everything in it works. */
export type Status = 'up' | 'degraded' | 'down';

/** One service as seen from here. `since` is when this gateway first saw it so. */
export interface ServiceStatus {
  readonly name: string;
  readonly status: Status;
  readonly since: string;
}

const LOOK_INTERVAL_MS = 5_000;
const PROBE_TIMEOUT_MS = 1_500;

/** Watches the readiness probes of all services, so that a status has a time since when it holds. */
export class ServiceBoard {
  private readonly seen = new Map<string, ServiceStatus>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly urls: Readonly<Record<ServiceName, string>>,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.note('gateway', 'up');
  }

  start(): void {
    this.timer = setInterval(() => void this.look(), LOOK_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Probes all services at once and returns what is known then. */
  async look(): Promise<readonly ServiceStatus[]> {
    await Promise.all(serviceNames.map(async (name) => this.note(name, await probe(this.urls[name]))));
    return ['gateway', ...serviceNames].map((name) => this.seen.get(name)!);
  }

  private note(name: string, status: Status): void {
    if (this.seen.get(name)?.status === status) return;
    this.seen.set(name, { name, status, since: this.now().toISOString() });
  }
}

async function probe(url: string): Promise<Status> {
  try {
    const { statusCode, body } = await request(`${url}/health/ready`, {
      headersTimeout: PROBE_TIMEOUT_MS,
      bodyTimeout: PROBE_TIMEOUT_MS,
    });
    const { status } = (await body.json()) as { status?: unknown };
    return statusCode === 200 && status === 'up' ? 'up' : 'degraded';
  } catch {
    return 'down';
  }
}
