import { randomUUID } from 'node:crypto';
import { eventually } from '@codex/testing';
import { ClaimDesk } from '../src/application/claim-desk';
import { runIdOf } from '../src/application/run-intake';
import { AgentManagerFixture } from './agent-manager.fixture';

describe('claims', () => {
  let manager: AgentManagerFixture;

  beforeAll(async () => {
    manager = await AgentManagerFixture.start();
  });
  afterAll(() => manager.stop());

  it('runs the way from a ready task to a completed run', async () => {
    const agentId = await manager.register();
    const [task] = await manager.ready({ attempt: 2, timeoutMs: 60_000 });
    const runId = runIdOf(task!.workItemId, 2);
    const [run, ...rest] = await manager.claim(agentId, 5);
    expect(rest).toEqual([]);
    expect(run).toMatchObject({
      runId,
      workItemId: task!.workItemId,
      projectId: task!.projectId,
      attempt: 2,
      timeoutMs: 6e4,
      toolRecipe: task!.toolRecipe,
      correlationId: 'correlation-1',
      traceparent: null,
    });
    const completed = await manager.complete(run!, { result: { answer: 42 } });
    expect(completed.statusCode).toBe(200);
    expect(completed.json()).toMatchObject({ id: runId, stream: `Run-${runId}`, version: 3, events: ['RunCompleted'] });
    const events = await manager.events(`Run-${runId}`);
    expect(events.map((event) => [event.type, event.version, event.metadata.correlationId])).toEqual([
      ['RunQueued', 1, 'correlation-1'],
      ['RunStarted', 2, 'correlation-1'],
      ['RunCompleted', 3, 'correlation-1'],
    ]);
    expect(events[2]!.data).toMatchObject({ agentId, status: 'completed', result: { answer: 42 }, artifacts: [] });
  });

  it('never gives a run to two of eight agents that claim at once, nor more than they have slots', async () => {
    const project = { projectId: randomUUID() };
    await manager.limit(project.projectId, null);
    await manager.ready(...Array.from({ length: 200 }, () => project));
    const agents = await Promise.all(Array.from({ length: 8 }, () => manager.register({ slots: 17 })));
    const claims = await Promise.all(agents.flatMap((id) => [0, 1, 2].map(() => manager.claim(id, 10))));
    const runs = claims.flat();
    expect(new Set(runs.map((run) => run.runId)).size).toBe(runs.length);
    expect(runs).toHaveLength(8 * 17);
    await manager.drop();
  });

  it('never has more of a project running than its limit, and goes on when a slot gets free', async () => {
    const projectId = randomUUID();
    await manager.limit(projectId, 7);
    await manager.ready(...Array.from({ length: 20 }, () => ({ projectId })));
    const agents = await Promise.all(Array.from({ length: 8 }, () => manager.register()));
    const runs = (await Promise.all(agents.map((id) => manager.claim(id, 5)))).flat();
    expect(runs).toHaveLength(7);
    expect(await manager.claim(agents[0]!, 5)).toEqual([]);
    await manager.complete(runs[0]!);
    expect(await manager.claim(agents[0]!, 5)).toHaveLength(1);
    await manager.drop();
  });

  it('gives nothing of a paused project until it is resumed', async () => {
    const agentId = await manager.register();
    const projectId = randomUUID();
    await manager.receive({ type: 'ProjectPaused', stream: `Project-${projectId}`, data: { projectId, reason: null } });
    await manager.ready({ projectId });
    expect(await manager.claim(agentId, 5)).toEqual([]);
    const waiting = manager.claim(agentId, 5, 30_000);
    await manager.receive({
      type: 'ProjectResumed',
      stream: `Project-${projectId}`,
      data: { projectId, reason: null },
    });
    expect(await waiting).toHaveLength(1);
    await manager.drop();
  });

  it('gives a run only to an agent that has all its tools', async () => {
    const some = await manager.register({ capabilities: ['noop', 'other.tool'] });
    const all = await manager.register({ capabilities: ['noop', 'process.run', 'other.tool'] });
    const [task] = await manager.ready({ tools: ['process.run', 'noop'] });
    expect(await manager.claim(some, 5)).toEqual([]);
    expect(await manager.claim(all, 5)).toMatchObject([{ workItemId: task!.workItemId }]);
    await manager.drop();
  });

  it('gives nothing to agents of another tenant', async () => {
    const tenantId = randomUUID();
    const foreign = await manager.register({ tenantId });
    await manager.ready({});
    const response = await manager.call('POST', `/v1/agents/${foreign}/claims`, { body: { max: 1 }, tenantId });
    expect(response.json()).toEqual({ items: [] });
    const stolen = await manager.call('POST', `/v1/agents/${foreign}/claims`, { body: { max: 1 } });
    expect([stolen.statusCode, stolen.json<{ code: string }>().code]).toEqual([404, 'NOT_FOUND']);
    await manager.drop();
  });

  it('gives nothing to an agent that drains, and goes on when it is resumed', async () => {
    const agentId = await manager.register();
    await manager.call('POST', `/v1/agents/${agentId}/drain`, { body: {}, role: 'operator' });
    await manager.ready({});
    expect(await manager.claim(agentId, 5)).toEqual([]);
    await manager.call('POST', `/v1/agents/${agentId}/resume`, { body: {}, role: 'operator' });
    expect(await manager.claim(agentId, 5)).toHaveLength(1);
    await manager.drop();
  });

  it('wakes a waiting claim when a run is queued', async () => {
    const agentId = await manager.register();
    const options = manager.service.app.get(ClaimDesk)['options'];
    // Without the beat with which claims look when they hear nothing: only the news can wake it before its time is over.
    Object.assign(options, { pollIntervalMs: 60_000 });
    let claimed: readonly unknown[] | undefined;
    const waiting = manager.claim(agentId, 5, 30_000).then((runs) => (claimed = runs));
    await manager.waitsAtTheDesk();
    const [task] = await manager.ready({});
    await eventually(() => claimed !== undefined, { description: 'the claim is woken' });
    expect(await waiting).toMatchObject([{ workItemId: task!.workItemId }]);
    Object.assign(options, { pollIntervalMs: undefined });
    await manager.drop();
  });

  it('claims nothing for a client that hung up', async () => {
    const agentId = await manager.register();
    const leaving = new AbortController();
    const url = `${await manager.service.app.getUrl()}/v1/agents/${agentId}/claims`;
    const headers = { 'x-internal-token': await manager.token(), 'content-type': 'application/json' };
    const body = JSON.stringify({ max: 5, waitMs: 30_000 });
    const hungUp = fetch(url, { method: 'POST', headers, body, signal: leaving.signal });
    await manager.waitsAtTheDesk();
    leaving.abort();
    await expect(hungUp).rejects.toThrow();
    await eventually(() => manager.waitingClaims() === 0, { description: 'the claim leaves the desk' });
    const [task] = await manager.ready({});
    expect(await manager.statusOf(task!.workItemId)).toBe('queued');
    await manager.drop();
  });

  it.each([
    [{ max: 0 }, 'max'],
    [{ max: 101 }, 'max'],
    [{ max: 1, waitMs: 30_001 }, 'waitMs'],
    [{ max: 1, more: true }, 'more'],
  ])('refuses the claim %j', async (body, path) => {
    const agentId = await manager.register();
    const response = await manager.call('POST', `/v1/agents/${agentId}/claims`, { body });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ path }] });
  });
});
