import { codec } from '@codex/contracts';
import { inboxMigrations, type KafkaDriver } from '@codex/kafka-messaging';
import { runMigrations } from '@codex/postgres';
import { ProjectionHost, projectionMigrations, type Projection } from '@codex/projections';
import { createPools } from '../../apps/projector/src/persistence/pools';

/** A host over a read database, put together as the projector does. */
export async function projectionHost(
  databaseUrl: string,
  driver: KafkaDriver,
  projections: readonly Projection[],
): Promise<{ readonly host: ProjectionHost; readonly pools: ReturnType<typeof createPools>; stop(): Promise<void> }> {
  const pools = createPools({ connectionString: databaseUrl });
  await runMigrations(pools.control, 'projections_meta.migrations', [...inboxMigrations, ...projectionMigrations]);
  const parts = { pool: pools.control, feedPool: pools.feed, driver, codec, projections };
  const host = new ProjectionHost(parts);
  const stop = async (): Promise<void> => {
    await host.stop();
    await pools.end();
  };
  return { host, pools, stop };
}
