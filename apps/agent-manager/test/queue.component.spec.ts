import { randomUUID } from 'node:crypto';
import type { ProjectLoad } from '../src/domain/claim-order';
import { AgentManagerFixture } from './agent-manager.fixture';
import { plainOrder, type WaitingRun } from './plain-order';

interface Listing {
  readonly items: readonly { readonly position: number; readonly workItemId: string; readonly projectId: string }[];
  readonly depth: number;
}

describe('the queue', () => {
  let manager: AgentManagerFixture;

  beforeAll(async () => {
    manager = await AgentManagerFixture.start();
  });
  afterAll(() => manager.stop());
  afterEach(() => manager.drop());

  const list = async (query = '') =>
    (await manager.call('GET', `/v1/queue${query}`, { role: 'member' })).json<Listing>();

  /** 80 runs of four projects, some of them busy or limited, of all priorities and ages. */
  async function fill(): Promise<readonly ProjectLoad[]> {
    const limits = [null, 30, 3, 9];
    const projects = limits.map((maxRunning) => ({ projectId: randomUUID(), maxRunning, running: 0 }));
    for (const { projectId, maxRunning } of projects) await manager.limit(projectId, maxRunning);
    const busy = await manager.register({ slots: 10 });
    await manager.ready(...[0, 0, 0, 1, 3].map((n) => ({ projectId: projects[n]!.projectId })));
    await manager.claim(busy, 10);
    await manager.ready(
      ...Array.from({ length: 80 }, (_, n) => ({
        projectId: projects[(n * 7) % 4]!.projectId,
        priority: (n * 13) % 10,
        tools: n % 3 === 0 ? ['noop', 'process.run'] : ['noop'],
      })),
    );
    // Ages from none to an hour, some of them equal.
    await manager.sql(`update agent_manager.runs set ready_since = date_trunc('second', now()) - (hashtext(id::text) % 60) * interval '1 minute'
      where status = 'queued'`);
    manager.queueChanged();
    return projects.map((project, n) => ({ ...project, running: [3, 1, 0, 1][n]! }));
  }

  async function waiting(): Promise<readonly (WaitingRun & { workItemId: string })[]> {
    return manager.sql(`select id as "runId", work_item_id as "workItemId", project_id as "projectId", tool_set_id as "toolSetId",
      priority, extract(epoch from now() - ready_since)::float8 * 1000 as "waitedMs"
      from agent_manager.runs where status = 'queued'`);
  }

  it('is claimed in the order of the plain model, batch by batch', async () => {
    const projects = await fill();
    const expected = plainOrder(await waiting(), projects, 100);
    const agentId = await manager.register({ slots: 100, capabilities: ['noop', 'process.run'] });
    const claimed: string[] = [];
    for (const max of [1, 1, 5, 20, 3, 30, 50]) {
      claimed.push(...(await manager.claim(agentId, max)).map(({ runId }) => runId));
    }
    expect(claimed).toEqual(expected);
  });

  it('lists the next runs in the order in which they would be claimed', async () => {
    const projects = (await fill()).map((project) => ({ ...project, maxRunning: null }));
    const rows = await waiting();
    const open = rows.filter((row) => projects.find(({ projectId }) => projectId === row.projectId));
    const expected = plainOrder(open, projects, 20);
    const { items, depth } = await list('?first=20');
    const runOf = new Map(rows.map((row) => [row.workItemId, row.runId]));
    expect(items.map(({ workItemId }) => runOf.get(workItemId))).toEqual(expected);
    expect(items.map(({ position }) => position)).toEqual(expected.map((_, index) => index + 1));
    expect(depth).toBe(80);
  });

  it('shows one project only', async () => {
    const [project] = await fill();
    const { items, depth } = await list(`?projectId=${project!.projectId}`);
    expect(new Set(items.map(({ projectId }) => projectId))).toEqual(new Set([project!.projectId]));
    expect([items.length, depth]).toEqual([20, 20]);
    expect(await list(`?projectId=${randomUUID()}`)).toEqual({ items: [], depth: 0 });
  });

  it('shows runs of paused projects last', async () => {
    const [paused, open] = [randomUUID(), randomUUID()];
    await manager.receive({
      type: 'ProjectPaused',
      stream: `Project-${paused}`,
      data: { projectId: paused, reason: null },
    });
    await manager.ready({ projectId: paused, priority: 9 }, { projectId: open, priority: 0 });
    expect((await list()).items.map(({ projectId }) => projectId)).toEqual([open, paused]);
  });

  it('is not seen by another tenant', async () => {
    await fill();
    const foreign = await manager.call('GET', '/v1/queue', { role: 'member', tenantId: randomUUID() });
    expect(foreign.json()).toEqual({ items: [], depth: 0 });
  });

  it('refuses parameters that it does not know', async () => {
    expect((await manager.call('GET', '/v1/queue?project=1', { role: 'member' })).statusCode).toBe(400);
    expect((await manager.call('GET', '/v1/queue?projectId=1', { role: 'member' })).statusCode).toBe(400);
  });

  it('tells its depth and the age of its oldest run', async () => {
    const status = async () => (await manager.call('GET', '/internal/queue/status', { role: 'operator' })).json();
    expect(await status()).toEqual({ depth: 0, oldestReadyMs: null });
    await manager.ready({}, {});
    await manager.sql(`update agent_manager.runs set ready_since = now() - interval '1 minute'`);
    expect(await status()).toMatchObject({ depth: 2, oldestReadyMs: expect.closeTo(60_000, -4) });
  });

  it('tells where an item stands and what it waits for', async () => {
    const projectId = randomUUID();
    const place = async (workItemId: string) =>
      (await manager.call('GET', `/internal/work-items/${workItemId}/queue`, { role: 'member' })).json<object>();
    const [first, second] = await manager.ready({ priority: 9 }, { projectId, tools: ['rare.tool'] });
    expect(await place(second!.workItemId)).toMatchObject({
      status: 'queued',
      position: 2,
      capableAgents: 0,
      capableFreeSlots: 0,
      isProjectPaused: false,
    });
    const agentId = await manager.register({ slots: 2, capabilities: ['noop', 'rare.tool'] });
    await manager.limit(projectId, 0);
    await manager.claim(agentId, 2);
    expect(await place(first!.workItemId)).toMatchObject({ status: 'running', position: null });
    expect(await place(second!.workItemId)).toMatchObject({
      status: 'queued',
      position: 1,
      isProjectFull: true,
      capableAgents: 1,
      capableFreeSlots: 1,
    });
    expect(await place(randomUUID())).toMatchObject({ status: null, position: null, runId: null });
  });
});
