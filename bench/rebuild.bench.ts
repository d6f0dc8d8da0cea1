import { kafkajsDriver } from '@codex/kafka-messaging';
import { rebuild, type Projection } from '@codex/projections';
import { historyProjection } from '../apps/projector/src/projections/history.projection';
import { workItemsProjection } from '../apps/projector/src/projections/work-items.projection';
import type { BenchResult } from './bench-result';
import { coresSince, inSampleWorld, medianBy, type BenchServers, type SampleWorld } from './messaging/sample-world';
import { itemLives } from './projection/item-life';
import { projectionHost } from './projection/read-database';

const ITEMS = 20_000;
const EVENTS = 5 * ITEMS;
const RUNS = 3;
const TARGETS: Readonly<Record<string, number>> = { work_items: 50_000, work_item_history: 25_000 };

/** P5: rebuilds of real read models from a topic of 100,000 events, from the request to the swap. */
export function benchRebuild(servers: BenchServers): Promise<BenchResult[]> {
  return inSampleWorld(servers, async (world) => {
    const producer = world.driver.producer();
    for (const records of itemLives(world.topic, ITEMS)) await producer.send(records);
    await producer.close();
    const results: BenchResult[] = [];
    for (const projection of [workItemsProjection, historyProjection]) {
      results.push(await measure(servers, world, { ...projection, topics: [world.topic] }));
    }
    return results;
  });
}

async function measure(servers: BenchServers, world: SampleWorld, projection: Projection): Promise<BenchResult> {
  const driver = kafkajsDriver({ brokers: servers.kafkaBrokers, clientId: 'bench-rebuild' });
  const { host, pools, stop } = await projectionHost(world.databaseUrl, driver, [projection]);
  try {
    await host.start();
    await untilProcessed(host.health);
    const runs: { perSecond: number; cores: number }[] = [];
    const signal = new AbortController().signal;
    while (runs.length < RUNS) {
      const cpu = process.cpuUsage();
      const start = performance.now();
      const outcome = await rebuild({ pool: pools.rebuild, registry: host.registry, feeder: host, signal }, projection);
      const seconds = (performance.now() - start) / 1000;
      if (!outcome.swapped) throw new Error(`${projection.name} came out unequal`);
      runs.push({ perSecond: Math.round(EVENTS / seconds), cores: coresSince(cpu, seconds) });
    }
    return resultOf(projection.name, runs);
  } finally {
    await stop();
  }

  async function untilProcessed(health: typeof host.health): Promise<void> {
    while ([...health.call(host).values()].some(({ processed }) => processed < EVENTS)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function resultOf(name: string, runs: readonly { readonly perSecond: number; readonly cores: number }[]): BenchResult {
  const { perSecond, cores } = medianBy(runs, (run) => run.perSecond);
  const target = TARGETS[name]!;
  return {
    id: 'P5',
    measure: `rebuild of ${name} from Kafka, compared and swapped`,
    value: perSecond,
    unit: 'events/s',
    target: `>= ${target}`,
    met: perSecond >= target,
    details: { events: EVENTS, cores, runs },
  };
}
