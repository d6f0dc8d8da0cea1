import { Pool } from 'undici';
import type { BenchEnvironment } from './bench-environment';
import type { BenchResult } from './bench-result';
import { startFront, type Front } from './front/front';
import { fillReadModels, openReadModels, projectIdOf } from './front/read-models';
import { closedLoop, median, openLoop } from './load';
import { createDatabase, dropDatabase } from './scratch-database';

const SIZE = { projects: 100, workItems: 100_000 };
const CALLERS = 32;
const ROUNDS = 3;
const ROUND_MS = 6_000;
const WARM_UP_MS = 8_000;
const TARGET_PER_SECOND = 1_000;
const TARGET_P99_MS = 50;
/** The list of P8. */
export const WORK_ITEM_LIST = `query($projectId: ID!) { workItems(first: 20, projectId: $projectId) {
  edges { node { id title state priority createdAt project { id name } lastRun { id status durationMs } } }
  pageInfo { endCursor hasNextPage } } }`;

/** P8: a GraphQL list of 20 work items with project and last run, through the gateway, over 100,000 of them. */
export async function benchLists({ databaseUrl, kafkaBrokers }: BenchEnvironment): Promise<BenchResult[]> {
  const readDatabaseUrl = await createDatabase(databaseUrl, 'bench_lists');
  const front = await startFront({ readDatabaseUrl, kafkaBrokers });
  const readModels = await openReadModels(readDatabaseUrl);
  try {
    await fillReadModels(readModels, { tenantId: front.tenantId, ...SIZE });
    return await measure(front);
  } finally {
    await readModels.end();
    await front.stop();
    await dropDatabase(databaseUrl, readDatabaseUrl);
  }
}

async function measure(front: Front): Promise<BenchResult[]> {
  const client = new Pool(front.gatewayUrl, { connections: CALLERS, pipelining: 1 });
  let asked = 0;
  const ask = (): Promise<void> => askOnce(client, front.apiKey, projectIdOf(asked++ % SIZE.projects));
  await closedLoop({ callers: CALLERS, forMs: WARM_UP_MS }, ask);
  const rounds = [];
  while (rounds.length < ROUNDS) {
    const before = [front.gateway.cpuSeconds(), front.queryApi.cpuSeconds()] as const;
    const { perSecond, latencies } = await closedLoop({ callers: CALLERS, forMs: ROUND_MS }, ask);
    const cores = {
      gateway: front.gateway.cpuSeconds() - before[0],
      queryApi: front.queryApi.cpuSeconds() - before[1],
    };
    const seconds = ROUND_MS / 1000;
    rounds.push({
      ...{ perSecond: Math.round(perSecond), latency: latencies.summary() },
      cores: { gateway: cores.gateway / seconds, queryApi: cores.queryApi / seconds },
    });
  }
  const perSecond = median(rounds.map((round) => round.perSecond));
  const half = Math.round(perSecond / 2);
  const open = [];
  while (open.length < ROUNDS) open.push((await openLoop({ perSecond: half, forMs: ROUND_MS }, ask)).summary());
  const p99 = median(open.map(({ p99Ms }) => p99Ms));
  await client.close();
  return [
    {
      ...{ id: 'P8', measure: `GraphQL lists of 20, ${CALLERS} callers`, value: perSecond, unit: '/s' },
      ...{ target: `>= ${TARGET_PER_SECOND}/s`, met: perSecond >= TARGET_PER_SECOND, details: { rounds } },
    },
    {
      ...{ id: 'P8', measure: `the same at ${half}/s, open loop, p99`, value: p99, unit: 'ms' },
      ...{ target: `<= ${TARGET_P99_MS} ms`, met: p99 <= TARGET_P99_MS, details: { open } },
    },
  ];
}

async function askOnce(client: Pool, apiKey: string, projectId: string): Promise<void> {
  const { statusCode, body } = await client.request({
    method: 'POST',
    path: '/graphql',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ query: WORK_ITEM_LIST, variables: { projectId } }),
  });
  const text = await body.text();
  if (statusCode !== 200 || text.length < 2_000) throw new Error(`${statusCode} ${text.slice(0, 500)}`);
}
