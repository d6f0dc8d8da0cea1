import { inboxMigrations } from '@codex/kafka-messaging';
import { gauge, type ConsumerHost, type HealthRegistry, type Lifecycle, type PartHealth } from '@codex/platform';
import { runMigrations } from '@codex/postgres';
import { generationGroup, projectionMigrations, type Projection, type ProjectionHost } from '@codex/projections';
import type { Rebuilds } from './application/rebuilds';
import type { Pools } from './persistence/pools';

export interface ProjectorLifeParts {
  readonly host: ProjectionHost;
  readonly rebuilds: Rebuilds;
  readonly consumers: ConsumerHost;
  readonly lifecycle: Lifecycle;
  readonly health: HealthRegistry;
  readonly pools: Pools;
  readonly projections: readonly Projection[];
}

/** The order in which this service starts and stops, and what it shows of itself. */
export class ProjectorLife {
  constructor(private readonly parts: ProjectorLifeParts) {
    const { host, rebuilds, consumers, lifecycle, health, pools, projections } = parts;
    consumers.operate(() => host.consumers());
    consumers.needTopics([...new Set(projections.flatMap(({ topics }) => topics))]);
    lifecycle.onStart('migrations', async () => {
      const migrations = [...inboxMigrations, ...projectionMigrations];
      await runMigrations(pools.control, 'projections_meta.migrations', migrations);
    });
    lifecycle.onServing('projections', () => host.start());
    lifecycle.onServing('rebuilds', () => rebuilds.resume());
    lifecycle.onStop('consumers', 'projections', async () => {
      await Promise.all([rebuilds.stop(), host.stop()]);
    });
    lifecycle.onStop('connections', 'database', () => pools.end());
    health.register('projections', () => this.health());
    for (const { name } of projections) this.measure(name);
  }

  private health(): PartHealth {
    const sick = [...this.parts.host.health()]
      .filter(([, { healthy }]) => !healthy)
      .map(
        ([group, { state, lastError }]) => `${group} is ${state}${state.startsWith('log-') ? `: ${lastError}` : ''}`,
      );
    return sick.length === 0 ? { status: 'up' } : { status: 'down', detail: sick.join(', ') };
  }

  // Of all generations that this process feeds: the one that is furthest behind.
  private measure(projection: string): void {
    const prefix = generationGroup(projection, 0).slice(0, -1);
    const read = (): number => {
      const own = [...this.parts.host.health()].filter(([group]) => group.startsWith(prefix));
      return Math.max(0, ...own.map(([, { lagMs }]) => lagMs)) / 1000;
    };
    gauge('projection_lag_seconds', 'Age of the oldest event that is not applied', read, { projection });
  }
}
