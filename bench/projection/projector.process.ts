import { kafkajsDriver } from '@codex/kafka-messaging';
import { workItemsProjection } from '../../apps/projector/src/projections/work-items.projection';
import { projectionHost } from './read-database';

/** What the parent sends to begin. */
export interface ProjectorTask {
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
  readonly topic: string;
}

/** Feeds the read model of work items until the parent goes away, and says when its tables are there. */
process.once('message', (task: ProjectorTask) => {
  run(task).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});

async function run({ databaseUrl, kafkaBrokers, topic }: ProjectorTask): Promise<void> {
  const driver = kafkajsDriver({ brokers: kafkaBrokers, clientId: 'bench-projector' });
  const { host, stop } = await projectionHost(databaseUrl, driver, [{ ...workItemsProjection, topics: [topic] }]);
  await host.start();
  process.once('disconnect', () => void stop().finally(() => process.exit(0)));
  process.send!({ cpu: process.cpuUsage() });
  process.on('message', () => process.send!({ cpu: process.cpuUsage() }));
}
