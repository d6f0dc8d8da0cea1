import type { HealthRegistry } from '@codex/platform';
import type { Logger } from 'pino';
import { request } from 'undici';
import { serviceNames, type ServiceName } from '../routing/route';
import { Upstream, type UpstreamOptions } from './upstream';

const PROBE_TIMEOUT_MS = 2_000;

/** Every service behind the gateway. */
export type Upstreams = Readonly<Record<ServiceName, Upstream>>;

/** One {@link Upstream} a service. An open breaker shows in the gateway's health as `degraded`: the gateway itself works. */
export function createUpstreams(
  urls: Readonly<Record<ServiceName, string>>,
  logger: Logger,
  tuning: Partial<UpstreamOptions> = {},
): Upstreams {
  const entries = serviceNames.map((name) => {
    const upstream = new Upstream({ name, url: urls[name], isReady: answersReadiness, logger, ...tuning });
    return [name, upstream] as const;
  });
  return Object.fromEntries(entries) as Upstreams;
}

/** Names open breakers in the gateway's readiness. */
export function reportUpstreams(health: HealthRegistry, upstreams: Upstreams): void {
  health.register('upstreams', () => {
    const open = Object.values(upstreams).filter((upstream) => upstream.isOpen);
    if (open.length === 0) return { status: 'up' };
    return { status: 'degraded', detail: `not answering: ${open.map((upstream) => upstream.name).join(', ')}` };
  });
}

/** True when the service says that it is ready; any failure is a no. */
export async function answersReadiness(url: string): Promise<boolean> {
  const { statusCode, body } = await request(`${url}/health/ready`, {
    headersTimeout: PROBE_TIMEOUT_MS,
    bodyTimeout: PROBE_TIMEOUT_MS,
  });
  await body.dump();
  return statusCode === 200;
}
