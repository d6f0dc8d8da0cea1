import { eventually } from '@codex/testing';
import { v7 as uuidv7 } from 'uuid';
import { ReadWorld } from './read-world';
import { Story } from './story';

describe('REST queries', () => {
  let world: ReadWorld;
  let story: Story;

  beforeAll(async () => {
    world = await ReadWorld.create();
    story = world.story;
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('show a project with its vision, requirements and limits', async () => {
    const id = story.project({ name: 'Zoë' });
    const requirement = { requirementId: uuidv7(), title: 'Fast', body: null, priority: 3, status: 'open' };
    story.tell(`Project-${id}`, 'RequirementAdded', { projectId: id, ...requirement });
    await world.apply();
    const { status, body, headers } = await world.get(`/v1/projects/${id.toUpperCase()}`);
    expect(status).toBe(200);
    expect(headers.etag).toBe('"2"');
    expect(body).toEqual({
      ...{ id, name: 'Zoë', description: null, repositoryUrl: null, status: 'active', paused: false, vision: null },
      requirements: [{ id: requirement.requirementId, title: 'Fast', body: null, priority: 3, status: 'open' }],
      quota: { maxOpenWorkItems: 1000, maxConcurrentRuns: 100, maxRunMinutesPerDay: null },
      createdBy: 'key-member',
      createdAt: expect.stringMatching(/^2026-03-01T10:\d\d:\d\d\.000Z$/),
      updatedAt: expect.stringMatching(/^2026-03-01T10:\d\d:\d\d\.000Z$/),
      version: 2,
    });
  });

  it('show limits and use of a quota', async () => {
    const id = story.project();
    const limits = { maxOpenWorkItems: null, maxConcurrentRuns: 7, maxRunMinutesPerDay: 60 };
    story.tell(`ProjectQuota-${id}`, 'ProjectQuotaSet', { projectId: id, ...limits });
    const { workItemId } = story.workItem(id);
    story.tell(`ProjectQuota-${id}`, 'QuotaAssigned', { projectId: id, workItemId, grantId: uuidv7() });
    story.run(workItemId, id, story.agent());
    await world.apply();
    const { body } = await world.get(`/v1/projects/${id}/quota`);
    expect(body).toEqual({ limits, use: { openWorkItems: 1, concurrentRuns: 1, runMinutesToday: expect.any(Number) } });
    // It has been running since the day of the story; what counts is what lies in today.
    const minutesOfToday = (Date.now() % 86_400_000) / 60_000;
    expect(body.use.runMinutesToday).toBeCloseTo(minutesOfToday, -1);
    expect((await world.get(`/v1/projects/${id}`)).body.quota).toEqual(limits);
  });

  it('show a work item through its life', async () => {
    const projectId = story.project();
    const { workItemId, processId } = story.workItem(projectId, { labels: { k: 'v' }, description: 'd' });
    await world.apply();
    const draft = (await world.get(`/v1/work-items/${workItemId}`)).body;
    expect(draft).toEqual({
      ...{ id: workItemId, projectId, title: 'Analyze', description: 'd', state: 'draft', priority: 5, dependsOn: [] },
      ...{ toolRecipe: { steps: [{ tool: 'noop', with: {} }] }, requiresApproval: false, notBefore: null },
      ...{ labels: { k: 'v' }, attempt: 0, maxAttempts: 3, timeoutMs: null, currentRunId: null, result: null },
      ...{ creation: { processId, status: 'running', step: 'CreateWorkItem' }, error: null, artifacts: [] },
      ...{ createdBy: 'key-member', createdAt: expect.any(String), updatedAt: expect.any(String), version: 1 },
    });
    const error = { code: 'UNKNOWN_TOOL', message: 'no such tool' };
    story.tell(`Process-${processId}`, 'ProcessCompensated', { processId, workItemId, projectId, error });
    story.state(workItemId, projectId, 'deleted', { error });
    await world.apply();
    const { status, body, headers } = await world.get(`/v1/work-items/${workItemId}`);
    expect({ status, etag: headers.etag }).toEqual({ status: 200, etag: '"2"' });
    expect(body).toMatchObject({ state: 'deleted', error, creation: { processId, status: 'compensated' } });
  });

  it('show runs, agents and processes', async () => {
    const projectId = story.project();
    const { workItemId, processId } = story.workItem(projectId);
    const agentId = story.agent({ name: 'worker' });
    const runId = story.run(workItemId, projectId, agentId, 2);
    await world.apply();
    const run = (await world.get(`/v1/runs/${runId}`)).body;
    expect(run).toEqual({
      ...{ id: runId, workItemId, projectId, agentId, attempt: 2, status: 'running', progress: null, endedAt: null },
      ...{ durationMs: null, error: null, startedAt: expect.any(String), createdAt: expect.any(String), version: 2 },
    });
    const agent = (await world.get(`/v1/agents/${agentId}`)).body;
    expect(agent).toEqual({
      ...{ id: agentId, name: 'worker', status: 'online', capabilities: ['noop'], labels: {}, slots: 2, busySlots: 1 },
      ...{ lastSeenAt: expect.any(String), createdAt: expect.any(String), version: 1 },
    });
    const process = (await world.get(`/v1/processes/${processId}`)).body;
    expect(process).toMatchObject({ id: processId, definition: 'WorkItemCreation', status: 'running', workItemId });
    expect(process.steps[0]).toEqual({
      ...{ name: 'CreateWorkItem', status: 'running', attempts: 1, startedAt: expect.any(String), endedAt: null },
      ...{ error: null, compensation: 'DeleteWorkItem' },
    });
    const lists = [`runs?workItemId=${workItemId}`, `runs?agentId=${agentId}&status=running`, 'processes?first=1'];
    const items = await Promise.all(lists.map(async (list) => (await world.get(`/v1/${list}`)).body.items));
    expect(items).toEqual([[run], [run], [process]]);
  });

  it.each(['projects', 'work-items', 'runs', 'agents', 'processes'])('hide /%s of other tenants', async (list) => {
    const foreign = new Story(uuidv7());
    const projectId = foreign.project();
    const { workItemId, processId } = foreign.workItem(projectId);
    const agentId = foreign.agent();
    const ids: Record<string, string> = {
      ...{ projects: projectId, 'work-items': workItemId, agents: agentId, processes: processId },
      runs: foreign.run(workItemId, projectId, agentId),
    };
    await world.apply(foreign);
    const paths = [`/v1/${list}/${ids[list]}`, `/v1/${list}/${uuidv7()}`];
    if (list === 'projects') paths.push(`/v1/projects/${projectId}/quota`);
    if (list === 'work-items')
      paths.push(`/v1/work-items/${workItemId}/history`, `/v1/work-items/${workItemId}/explain`);
    for (const path of paths) {
      const { status, body } = await world.get(path);
      expect({ path, status, code: body.code }).toEqual({ path, status: 404, code: 'NOT_FOUND' });
    }
    const own = (await world.get(`/v1/${list}?first=200`)).body.items as { id: string }[];
    expect(own.map(({ id }) => id)).not.toContain(ids[list]);
    expect((await world.get(`/v1/${list}/${ids[list]}`, { tenantId: foreign.tenantId })).status).toBe(200);
  });

  it.each([
    ['projects?first=0', 'first'],
    ['projects?first=201', 'first'],
    ['projects?first=x', 'first'],
    ['projects?limit=3', 'limit'],
    ['projects?after=bm90IGEgY3Vyc29y', 'after'],
    [`projects?after=${cursor(['0000-01-01T00:00:00.000Z', uuidv7()])}`, 'after'],
    [`projects?after=${cursor(["2026-01-01'; drop table x", uuidv7()])}`, 'after'],
    [`work-items/${uuidv7()}/history?after=${cursor(['2026-01-01T00:00:00Z', 's', 2 ** 40])}`, 'after'],
    ['work-items?state=done', 'state'],
    ['work-items?label=nocolon', 'label'],
    ['work-items?label=a:1&label=a:2', 'label'],
    ['work-items?projectId=1', 'projectId'],
    ['runs?status=', 'status'],
    ['agents/1', 'id'],
  ])('refuse %s', async (path, field) => {
    const { status, body } = await world.get(`/v1/${path}`);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'VALIDATION_FAILED' });
    expect(body.errors.map((error: { path: string }) => error.path)).toEqual([field]);
  });

  it('page through a list that grows meanwhile, newest first, without repeating or missing one', async () => {
    const own = new Story(uuidv7());
    const asOwner = { tenantId: own.tenantId };
    const ids = Array.from({ length: 7 }, (_, index) => own.project({ name: `p${index}` })).toReversed();
    await world.apply(own);
    const seen: string[] = [];
    let after = '';
    for (let hasNextPage = true; hasNextPage;) {
      const { body } = await world.get(`/v1/projects?first=3${after}`, asOwner);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      ({ hasNextPage } = body.pageInfo);
      after = `&after=${body.pageInfo.endCursor}`;
      own.project({ name: 'late' });
      await world.apply(own);
    }
    expect(seen).toEqual(ids);
    expect((await world.get(`/v1/projects?first=1${after}`, asOwner)).body).toEqual({
      ...{ items: [], pageInfo: { endCursor: null, hasNextPage: false } },
    });
  });

  it('filter work items by project, state and labels', async () => {
    const [one, two] = [story.project(), story.project()];
    const first = story.workItem(one, { labels: { team: 'a', kind: 'x:y' } }).workItemId;
    const second = story.workItem(one, { labels: { team: 'b' } }).workItemId;
    story.workItem(two, { labels: { team: 'a' } });
    story.state(second, one, 'cancelled');
    await world.apply();
    const idsOf = async (query: string) =>
      (await world.get(`/v1/work-items?projectId=${one}${query}`)).body.items.map(({ id }: { id: string }) => id);
    expect(await idsOf('')).toEqual([second, first]);
    expect(await idsOf('&state=cancelled')).toEqual([second]);
    expect(await idsOf('&label=team:a')).toEqual([first]);
    expect(await idsOf('&label=team:a&label=kind:x:y')).toEqual([first]);
    expect(await idsOf('&label=team:b&state=draft')).toEqual([]);
  });

  it('tell the history of an item from every context: by time of recording, then stream and version', async () => {
    const projectId = story.project();
    const { workItemId } = story.workItem(projectId);
    const at = '2026-04-01T00:00:00.000900Z';
    story.tell(`Task-${workItemId}`, 'TaskScheduled', { workItemId, projectId }, at);
    story.tell(`Task-${workItemId}`, 'TaskReady', { workItemId, projectId }, at);
    story.tell(`Run-${uuidv7()}`, 'RunQueued', { workItemId, projectId, runId: uuidv7() }, at);
    story.tell(`Notification-${workItemId}`, 'SubscribersNotified', { workItemId }, '2026-04-01T00:00:00.000899Z');
    await world.apply();
    const types: string[] = [];
    for (let query = '?first=2'; query !== '';) {
      const { body } = await world.get(`/v1/work-items/${workItemId}/history${query}`);
      types.push(...body.items.map(({ type }: { type: string }) => type));
      query = body.pageInfo.hasNextPage ? `?first=2&after=${body.pageInfo.endCursor}` : '';
    }
    expect(types).toEqual([
      ...['WorkItemCreated', 'ProcessStarted', 'ProcessStepStarted'],
      ...['SubscribersNotified', 'RunQueued', 'TaskScheduled', 'TaskReady'],
    ]);
    const [event] = (await world.get(`/v1/work-items/${workItemId}/history?first=1`)).body.items;
    expect(event).toEqual({
      ...{ type: 'WorkItemCreated', context: 'work-item', stream: `WorkItem-${workItemId}`, version: 1 },
      ...{ occurredAt: expect.stringMatching(/\.000Z$/), actor: 'key-member', correlationId: 'story' },
      ...{ causationId: 'cause', data: expect.objectContaining({ title: 'Analyze' }) },
    });
  });

  it('explain why an item does not run, with its place in the queue', async () => {
    const projectId = story.project();
    const waitsFor = story.workItem(projectId).workItemId;
    const { workItemId } = story.workItem(projectId, { dependsOn: [waitsFor] });
    story.scheduled(workItemId, projectId);
    await world.apply();
    world.agentManager.set(`/internal/work-items/${workItemId}/queue`, { position: 3 });
    const { body } = await world.get(`/v1/work-items/${workItemId}/explain`);
    expect(body).toMatchObject({ state: 'scheduled', runnable: false, position: 3 });
    expect(body.reasons[0]).toEqual({ code: 'WAITING_FOR_DEPENDENCY', detail: `${waitsFor} is draft` });
    story.state(waitsFor, projectId, 'completed');
    story.agent();
    await world.apply();
    expect((await world.get(`/v1/work-items/${workItemId}/explain`)).body).toEqual({
      ...{ state: 'scheduled', runnable: true, position: 3 },
      reasons: [{ code: 'QUEUED', detail: 'number 3 in the queue' }],
    });
  });

  it('explain that a project has used up its run minutes of today', async () => {
    const projectId = story.project();
    const { workItemId } = story.workItem(projectId);
    story.scheduled(workItemId, projectId);
    story.agent();
    const limits = { maxOpenWorkItems: null, maxConcurrentRuns: null, maxRunMinutesPerDay: 0 };
    story.tell(`ProjectQuota-${projectId}`, 'ProjectQuotaSet', { projectId, ...limits });
    await world.apply();
    const reasons = async () => (await world.get(`/v1/work-items/${workItemId}/explain`)).body.reasons;
    expect(await reasons()).toEqual([{ code: 'PROJECT_LIMIT', detail: '0 of 0 run minutes are used up today' }]);
    story.tell(`ProjectQuota-${projectId}`, 'ProjectQuotaSet', { projectId, ...limits, maxRunMinutesPerDay: 1_441 });
    await world.apply();
    expect(await reasons()).toMatchObject([{ code: 'QUEUED' }]);
  });

  it('wait for the version of a consistency token, for 2 s at most', async () => {
    const projectId = story.project();
    const token = { headers: { 'x-consistency-token': `Project-${projectId}@1` } };
    const waiting = world.get(`/v1/projects/${projectId}`, token);
    await world.apply();
    expect((await waiting).status).toBe(200);
    const ahead = { headers: { 'x-consistency-token': `Project-${projectId}@2` } };
    const { status, body, headers } = await world.get(`/v1/projects/${projectId}`, ahead);
    expect({ status, code: body.code, retry: headers['retry-after'] }).toEqual({
      ...{ status: 503, code: 'READ_MODEL_BEHIND', retry: '1' },
    });
    for (const bad of ['x', `Project-${projectId}`, `Project-${projectId}@0`, `Nothing-${projectId}@1`]) {
      expect((await world.get('/v1/projects', { headers: { 'x-consistency-token': bad } })).status).toBe(400);
    }
  });

  it('need the right role', async () => {
    expect((await world.get('/v1/projects', { roles: ['agent'] })).status).toBe(403);
    for (const role of ['admin', 'operator', 'auditor', 'member']) {
      expect((await world.get('/v1/projects', { roles: [role] })).status).toBe(200);
    }
  });

  it('go on when a read model with other column types is swapped in', async () => {
    const projectId = story.project();
    await world.apply();
    const ask = () => Promise.all(Array.from({ length: 8 }, () => world.get(`/v1/projects/${projectId}`)));
    expect(new Set((await ask()).map(({ status }) => status))).toEqual(new Set([200]));
    await world.retype('project.projects', 'vision', 'varchar(9000)');
    expect(new Set((await ask()).map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set((await ask()).map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('can only read, also after a read model was replaced under their eyes', async () => {
    const projectId = story.project();
    await world.apply();
    await eventually(async () => expect((await world.get(`/v1/projects/${projectId}`)).status).toBe(200));
    const statuses = await world.whileReplacing('projects', () => world.get(`/v1/projects/${projectId}`));
    expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(statuses.length).toBeGreaterThan(3);
    await expect(world.asReader('delete from project.projects')).rejects.toThrow(/permission denied/);
    await expect(world.asReader('create table mine (x int)')).rejects.toThrow(/read-only/);
    await expect(world.asReader('set transaction read write; delete from work_item.work_items_g1')).rejects.toThrow(
      /permission denied/,
    );
  });
});

function cursor(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}
