import { Pool } from 'undici';
import { newestFirstCursor } from '../../apps/query-api/src/queries/page';
import { startFront, type Front } from '../front/front';
import { createdAtOf, fillReadModels, openReadModels, projectIdOf, workItemIdOf } from '../front/read-models';
import { WORK_ITEM_LIST } from '../lists.bench';
import { closedLoop } from '../load';
import { createDatabase, dropDatabase } from '../scratch-database';
import type { BenchEnvironment, TakeResults } from '../bench-environment';
import { compare, forBoth, latencyFigures } from './compare';

const PROJECTS = 100;
const WORK_ITEMS = { empty: 3_000, full: 1_000_000 };
/** Work items that are not like the others: so many run, and so many have a label that nothing else has. */
const FEW = 20;
const ROUNDS = 9;
const ROUND_MS = 250;
/** Services compile what they do often, and the first pages come from the disk. */
const WARM_UP_MS = 500;

/** What a dashboard asks for. The counts go through all work items of a project, so they grow with them. */
const WHAT_RUNS = `{ projects(first: 10) { edges { node { id name
  workItems(first: 5, state: "running") { edges { node { id title } } } } } } }`;
const HOW_MUCH = '{ projects(first: 10) { edges { node { id workItemCounts { state count } } } } }';

/** A list as a client asks for it. */
type Request = (n: number, workItems: number) => { readonly path: string; readonly body?: string };

const graphql =
  (query: string): Request =>
  () => ({ path: '/graphql', body: JSON.stringify({ query }) });

const get =
  (path: string): Request =>
  () => ({ path: `/v1/${path}` });

const requests: Readonly<Record<string, Request>> = {
  'GraphQL, a project': (n) => ({
    path: '/graphql',
    body: JSON.stringify({ query: WORK_ITEM_LIST, variables: { projectId: projectIdOf(n % PROJECTS) } }),
  }),
  all: get('work-items?first=20'),
  'all, far behind': (n, workItems) => ({ path: `/v1/work-items?first=20&after=${farBehind(n, workItems)}` }),
  'a project': (n) => ({ path: `/v1/work-items?first=20&projectId=${projectIdOf(n % PROJECTS)}` }),
  'a project, far behind': (n, workItems) => ({
    path: `/v1/work-items?first=20&projectId=${projectIdOf(n % PROJECTS)}&after=${farBehind(n, workItems)}`,
  }),
  'state completed': get('work-items?first=20&state=completed'),
  'state running': get('work-items?first=20&state=running'),
  'a project, completed': (n) => ({
    path: `/v1/work-items?first=20&state=completed&projectId=${projectIdOf(n % PROJECTS)}`,
  }),
  'a project, running': (n) => ({
    path: `/v1/work-items?first=20&state=running&projectId=${projectIdOf(n % PROJECTS)}`,
  }),
  'label of all': get('work-items?first=20&label=team:a'),
  'label of a few': get('work-items?first=20&label=team:rare'),
  'a project, label of a few': (n) => ({
    path: `/v1/work-items?first=20&label=team:rare&projectId=${projectIdOf(n % PROJECTS)}`,
  }),
  runs: get('runs?first=20'),
  'runs running': get('runs?first=20&status=running'),
  'processes running': get('processes?first=20&status=running'),
  'processes of retries': get('processes?first=20&definition=WorkItemRetry'),
  'GraphQL, ten projects with what runs': graphql(WHAT_RUNS),
  'GraphQL, ten projects, work items counted': graphql(HOW_MUCH),
};

/** Lists of work items and what else grows with them, through the gateway, over few and over a million finished ones. */
export async function growthOfLists({ databaseUrl, kafkaBrokers }: BenchEnvironment, take: TakeResults): Promise<void> {
  const urls = await forBoth((side) => createDatabase(databaseUrl, `bench_lists_${side}`));
  const fronts = await forBoth((side) => startFront({ readDatabaseUrl: urls[side], kafkaBrokers }));
  try {
    await forBoth((side) => fill(urls[side], fronts[side].tenantId, WORK_ITEMS[side]));
    for (const request of Object.values(requests)) {
      await forBoth((side) =>
        closedLoop(
          { callers: 1, forMs: WARM_UP_MS },
          caller(fronts[side], (n) => request(n, WORK_ITEMS[side])),
        ),
      );
    }
    for (const [name, request] of Object.entries(requests)) {
      const callers = await forBoth(async (side) => caller(fronts[side], (n) => request(n, WORK_ITEMS[side])));
      take(
        await compare(`list: ${name}`, ROUNDS, async (side) => {
          const { latencies } = await closedLoop({ callers: 1, forMs: ROUND_MS }, callers[side]);
          return latencyFigures(latencies);
        }),
      );
    }
  } finally {
    await forBoth((side) => fronts[side].stop());
    await forBoth((side) => dropDatabase(databaseUrl, urls[side]));
  }
}

async function fill(databaseUrl: string, tenantId: string, workItems: number): Promise<void> {
  const readModels = await openReadModels(databaseUrl);
  try {
    await fillReadModels(readModels, { tenantId, projects: PROJECTS, workItems });
    const newest = Array.from({ length: FEW }, (_, n) => workItemIdOf(workItems - n));
    const scattered = Array.from({ length: FEW }, (_, n) => workItemIdOf(1 + Math.floor((n * workItems) / FEW)));
    await readModels.query(`update work_item.work_items set state = 'running' where id = any ($1)`, [newest]);
    await readModels.query(`update work_item.processes set status = 'running' where work_item_id = any ($1)`, [newest]);
    await readModels.query(`update agent.runs set status = 'running' where work_item_id = any ($1)`, [newest]);
    await readModels.query(`update work_item.work_items set labels = '{"team":"rare"}' where id = any ($1)`, [
      scattered,
    ]);
    await readModels.query(
      `update work_item.processes set definition = 'WorkItemRetry' where work_item_id = any ($1)`,
      [scattered],
    );
    await readModels.query('vacuum (analyze)');
  } finally {
    await readModels.end();
  }
}

/** A place with nine tenths of all work items before it. */
function farBehind(n: number, workItems: number): string {
  const place = Math.floor(workItems / 10) - (n % 50);
  return newestFirstCursor.encode([createdAtOf(place).toISOString(), workItemIdOf(place)]);
}

function caller(front: Front, request: (n: number) => ReturnType<Request>): () => Promise<void> {
  const client = new Pool(front.gatewayUrl, { connections: 1, pipelining: 1 });
  let asked = 0;
  return async () => {
    const { path, body } = request(asked++);
    const headers = { 'x-api-key': front.apiKey, 'content-type': 'application/json' };
    const answer = await client.request({
      method: body === undefined ? 'GET' : 'POST',
      path,
      headers,
      body: body ?? null,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200 || text.includes('"errors"'))
      throw new Error(`${path}: ${answer.statusCode} ${text.slice(0, 300)}`);
  };
}
