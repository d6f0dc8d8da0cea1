import type { Logger } from 'pino';
import type { HealthRegistry } from '../health/health-registry';
import type { Lifecycle } from '../service/lifecycle';
import type { RelayMonitor } from './relay-monitor';

/** What the platform brings. */
export interface Surroundings {
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly health: HealthRegistry;
  readonly monitor: RelayMonitor;
}
