import { newId } from '@codex/event-sourcing';
import { createPool } from '@codex/postgres';
import { Client } from 'pg';
import type { BenchResult } from './bench-result';
import { growthOfAppends } from './growth/appends';
import { growthOfClaims } from './growth/claims';
import { forBoth } from './growth/compare';
import { fillStore } from './growth/finished-runs';
import { growthOfLists } from './growth/lists';
import { createDatabase, dropDatabase } from './scratch-database';
import type { BenchEnvironment, TakeResults } from './bench-environment';

const FINISHED_RUNS = { empty: 1_000, full: 1_000_000 };

/**
 * P11: what appends, claims and lists take with 10 million events and a million finished work items, against next to none
 * of either. Takes about a quarter of an hour and 15 GB; only when it is named.
 */
export async function benchGrowth(environment: BenchEnvironment, take: TakeResults): Promise<BenchResult[]> {
  await growthOfStores(environment, take);
  await growthOfLists(environment, take);
  return [];
}

async function growthOfStores(environment: BenchEnvironment, take: TakeResults): Promise<void> {
  const stores = await forBoth((side) => openStore(environment, FINISHED_RUNS[side]));
  try {
    await forBoth((side) => fillStore(stores[side].client, stores[side]));
    await growthOfAppends(stores, take);
    await growthOfClaims(stores, take);
  } finally {
    await forBoth(async (side) => {
      const { client, pool, databaseUrl } = stores[side];
      await Promise.all([client.end(), pool.end()]);
      await dropDatabase(environment.databaseUrl, databaseUrl);
    });
  }
}

async function openStore({ databaseUrl: server, kafkaBrokers }: BenchEnvironment, finishedRuns: number) {
  const databaseUrl = await createDatabase(server, 'bench_growth');
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const pool = createPool({ connectionString: databaseUrl, applicationName: 'bench-growth' });
  return { databaseUrl, kafkaBrokers, client, pool, tenantId: newId(), finishedRuns };
}
