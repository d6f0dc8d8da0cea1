import type { Sql } from '@codex/postgres';
import { createTestDatabase, type TestDatabase } from '@codex/testing';
import type { Pool, PoolClient } from 'pg';
import { createdAtOf, fillReadModels, openReadModels, projectIdOf, workItemIdOf } from '../../bench/front/read-models';
import type { ListRequest } from '../../apps/query-api/src/queries/page';
import { listProcesses } from '../../apps/query-api/src/queries/process.queries';
import { listRuns } from '../../apps/query-api/src/queries/run.queries';
import { countWorkItems, readStats } from '../../apps/query-api/src/queries/stats.queries';
import { listWorkItems, listWorkItemsOfProjects } from '../../apps/query-api/src/queries/work-item.queries';

const TENANT = '018f0000-0000-7000-8000-000000000001';
const WORK_ITEMS = 20_000;
const PROJECTS = 4;
/** Rows that a list of 20 may look at; each project has 5,000. */
const MOST_READ = 200;
const FEW = 5;
const PROJECT = projectIdOf(0);
/** In another project than the few. */
const ELSEWHERE = projectIdOf(1);
const page: ListRequest = { tenantId: TENANT, first: 20, after: undefined };
const PLACE = WORK_ITEMS / 10;
const farBehind: ListRequest = { ...page, after: [createdAtOf(PLACE).toISOString(), workItemIdOf(PLACE)] };

/** Postgres decides for one plan after five executions. */
const EXECUTIONS = 8;

type List = (sql: Sql, value: string) => Promise<{ readonly items: readonly unknown[] }>;

/** Which list, a value that nearly all rows have, and one that a few have. */
const lists: readonly (readonly [string, List, string, string])[] = [
  ['work items by state', (sql, state) => listWorkItems(sql, page, { state }), 'completed', 'running'],
  ['work items by label', (sql, team) => listWorkItems(sql, page, { labels: { team } }), 'a', 'rare'],
  [
    "a project's work items by state",
    (sql, state) => listWorkItems(sql, page, { projectId: PROJECT, state }),
    'completed',
    'running',
  ],
  [
    "projects' work items by state",
    async (sql, filter) => {
      const parent = { parentId: PROJECT, first: 20, after: undefined };
      return (await listWorkItemsOfProjects(sql, TENANT, [{ ...parent, filter }]))[0]!;
    },
    'completed',
    'running',
  ],
  ['runs by status', (sql, status) => listRuns(sql, page, { status }), 'completed', 'failed'],
  ['processes by status', (sql, status) => listProcesses(sql, page, { status }), 'completed', 'running'],
  [
    'processes by definition',
    (sql, definition) => listProcesses(sql, page, { definition }),
    'WorkItemCreation',
    'WorkItemRetry',
  ],
];

describe('lists where nearly all work is finished', () => {
  let database: TestDatabase;
  let pool: Pool;
  let client: PoolClient;

  beforeAll(async () => {
    database = await createTestDatabase('grown_lists');
    pool = await openReadModels(database.url);
    await fillReadModels(pool, { tenantId: TENANT, projects: PROJECTS, workItems: WORK_ITEMS });
    const few = Array.from({ length: FEW }, (_, n) => workItemIdOf(PROJECTS * (n + 1)));
    await pool.query(
      `update work_item.work_items set state = 'running', labels = '{"team":"rare"}' where id = any ($1)`,
      [few],
    );
    await pool.query(
      `update work_item.processes set status = 'running', definition = 'WorkItemRetry' where work_item_id = any ($1)`,
      [few],
    );
    await pool.query(`update agent.runs set status = 'failed' where work_item_id = any ($1)`, [few]);
    client = await pool.connect();
  });

  afterAll(async () => {
    client.release();
    await pool.end();
    await database.dispose();
  });

  /** Rows that this session has looked at so far. */
  async function rowsRead(): Promise<number> {
    const { rows } = await client.query<{ read: number }>(
      `select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as read from pg_stat_xact_user_tables
       where schemaname in ('work_item', 'agent')`,
    );
    return rows[0]!.read;
  }

  /** Calls within one transaction, whose counts nobody takes away meanwhile. */
  async function readingOf<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly read: number }> {
    await client.query('begin');
    const before = await rowsRead();
    const result = await work();
    const read = (await rowsRead()) - before;
    await client.query('commit');
    return { result, read };
  }

  it.each(lists)('%s: the few are found without reading the many', async (_name, list, common, rare) => {
    for (let execution = 0; execution < EXECUTIONS; execution++) await list(client, common);
    const { result, read } = await readingOf(() => list(client, rare));
    expect(result.items).toHaveLength(FEW);
    expect(read).toBeLessThan(MOST_READ);
  });

  it.each<readonly [string, (sql: Sql) => Promise<{ readonly items: readonly unknown[] }>]>([
    ['all work items', (sql) => listWorkItems(sql, farBehind, {})],
    ["a project's work items", (sql) => listWorkItems(sql, farBehind, { projectId: PROJECT })],
    [
      "projects' work items",
      async (sql) => {
        const { first, after } = farBehind;
        return (await listWorkItemsOfProjects(sql, TENANT, [{ parentId: PROJECT, first, after }]))[0]!;
      },
    ],
  ])('%s: a page far behind is found without reading those before it', async (_name, list) => {
    for (let execution = 0; execution < EXECUTIONS; execution++) await list(client);
    const { result, read } = await readingOf(() => list(client));
    expect(result.items).toHaveLength(farBehind.first);
    expect(read).toBeLessThan(MOST_READ);
  });

  it('work items are counted by state without reading them', async () => {
    const { result, read } = await readingOf(() => countWorkItems(client, TENANT, [ELSEWHERE]));
    expect(result.get(ELSEWHERE)).toEqual([{ projectId: ELSEWHERE, state: 'completed', count: WORK_ITEMS / PROJECTS }]);
    expect(read).toBeLessThan(MOST_READ);
    const stats = await readingOf(() => readStats(client, TENANT));
    expect(stats.result.workItems).toEqual([
      { state: 'completed', count: WORK_ITEMS - FEW },
      { state: 'running', count: FEW },
    ]);
    expect(stats.read).toBeLessThan(MOST_READ);
  });

  it("a project's work items by state: that none failed is known without reading them, or all that failed elsewhere", async () => {
    await pool.query(`update work_item.work_items set state = 'failed' where project_id = $1`, [projectIdOf(2)]);
    await pool.query('vacuum (analyze) work_item.work_items_g1');
    const filter = { projectId: ELSEWHERE, state: 'failed' };
    const { result, read } = await readingOf(() => listWorkItems(client, page, filter));
    expect(result.items).toEqual([]);
    expect(read).toBeLessThan(MOST_READ);
  });
});
