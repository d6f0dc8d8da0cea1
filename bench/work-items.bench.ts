import type { RunningSystem } from '../infra/local/system/start-system';
import type { BenchResult } from './bench-result';
import { Latencies, median } from './load';
import { SystemClient } from './system-client';

const TARGET_PER_SECOND = 150;
const TARGET_ALONE_MS = 150;
const IN_FLIGHT = 400;
const POSTERS = 32;
/** Ten processes compile their hot code on two cores. */
const WARM_UP_MS = 20_000;
const ROUNDS = 3;
const ROUND_MS = 10_000;
const ALONE = 20;
const PATIENCE_MS = 60_000;
const recipe = { steps: [{ tool: 'noop', with: {} }] };

interface Created {
  readonly id: string;
}

interface CountsByState {
  readonly data: { readonly project: { readonly workItemCounts: readonly { state: string; count: number }[] } };
}

/** P3: whole work items with a no-op tool, from POST to completed in the read model. */
export async function benchWorkItems(system: RunningSystem): Promise<BenchResult[]> {
  const { gatewayUrl, apiKeys } = system.contents();
  const client = new SystemClient(gatewayUrl, apiKeys.admin, POSTERS + 1);
  try {
    const rounds = await sustained(client);
    const alone = await oneAtATime(client);
    return [
      {
        id: 'P3',
        measure: `whole work items, sustained with ${IN_FLIGHT} in flight`,
        value: median(rounds),
        unit: '/s',
        target: `>= ${TARGET_PER_SECOND}/s`,
        met: median(rounds) >= TARGET_PER_SECOND,
        details: { rounds },
      },
      {
        id: 'P3',
        measure: 'one work item alone, POST to completed, median',
        value: alone.summary().p50Ms,
        unit: 'ms',
        target: `<= ${TARGET_ALONE_MS} ms`,
        met: alone.summary().p50Ms <= TARGET_ALONE_MS,
        details: alone.summary(),
      },
    ];
  } finally {
    await client.close();
  }
}

async function projectFor(client: SystemClient): Promise<string> {
  const { id } = await client.send<Created>('POST', '/v1/projects', { name: 'Work items under load' });
  await client.send('PUT', `/v1/projects/${id}/quota`, { maxOpenWorkItems: null, maxConcurrentRuns: null });
  return id;
}

/** Completions a second, as the read model counts them, while as many items are kept open; then all are let end. */
async function sustained(client: SystemClient): Promise<readonly number[]> {
  const projectId = await projectFor(client);
  const load = { posted: 0, done: 0, over: false };
  const watching = watch(client, projectId, load);
  const posting = Array.from({ length: POSTERS }, () => post(client, projectId, load));
  await pause(WARM_UP_MS);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = { done: load.done, at: performance.now() };
    await pause(ROUND_MS);
    rounds.push(Math.round((load.done - before.done) / ((performance.now() - before.at) / 1000)));
  }
  load.over = true;
  await Promise.all([watching, ...posting]);
  await until(async () => (await completed(client, projectId)) >= load.posted, 200);
  return rounds;
}

interface Load {
  posted: number;
  done: number;
  over: boolean;
}

async function watch(client: SystemClient, projectId: string, load: Load): Promise<void> {
  while (!load.over) {
    load.done = await completed(client, projectId);
    await pause(100);
  }
}

async function post(client: SystemClient, projectId: string, load: Load): Promise<void> {
  while (!load.over) {
    if (load.posted - load.done >= IN_FLIGHT) await pause(5);
    else {
      load.posted++;
      await postItem(client, projectId);
    }
  }
}

async function oneAtATime(client: SystemClient): Promise<Latencies> {
  const projectId = await projectFor(client);
  const latencies = new Latencies();
  for (let i = 0; i < ALONE; i++) {
    const startedAt = performance.now();
    const { id } = await postItem(client, projectId);
    await until(
      async () => (await client.send<{ state: string }>('GET', `/v1/work-items/${id}`)).state === 'completed',
      5,
    );
    latencies.add(performance.now() - startedAt);
  }
  return latencies;
}

async function postItem(client: SystemClient, projectId: string): Promise<Created> {
  return client.send<Created>('POST', `/v1/projects/${projectId}/work-items`, { title: 'noop', toolRecipe: recipe });
}

async function completed(client: SystemClient, projectId: string): Promise<number> {
  const query = `{ project(id: "${projectId}") { workItemCounts { state count } } }`;
  const { data } = await client.send<CountsByState>('POST', '/graphql', { query });
  const counts = data.project?.workItemCounts ?? [];
  return counts.find(({ state }) => state === 'completed')?.count ?? 0;
}

async function until(reached: () => Promise<boolean>, pollMs: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  // A read model that does not know the item yet answers 404.
  while (!(await reached().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`not reached within ${PATIENCE_MS} ms`);
    await pause(pollMs);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
