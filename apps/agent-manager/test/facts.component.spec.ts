import { randomUUID } from 'node:crypto';
import { runIdOf } from '../src/application/run-intake';
import { AgentManagerFixture, readyTask } from './agent-manager.fixture';

describe('what other services say', () => {
  let manager: AgentManagerFixture;
  let agentId: string;

  beforeAll(async () => {
    manager = await AgentManagerFixture.start();
    agentId = await manager.register({ slots: 256 });
  });
  afterAll(() => manager.stop());
  afterEach(() => manager.drop());

  const runOf = (workItemId: string, attempt = 1) => `Run-${runIdOf(workItemId, attempt)}`;
  const prioritize = (workItemId: string, priority: number) => ({
    type: 'WorkItemPriorityChanged',
    stream: `WorkItem-${workItemId}`,
    data: {
      workItemId,
      projectId: randomUUID(),
      previousPriority: 5,
      priority,
    },
  });

  it('queues a ready task once, however often it is said', async () => {
    const [task] = await manager.ready({});
    await manager.ready(task!);
    await manager.ready(task!, task!);
    expect(await manager.eventTypes(runOf(task!.workItemId))).toEqual(['RunQueued']);
    expect(await manager.claim(agentId, 5)).toHaveLength(1);
    await manager.ready(task!);
    expect(await manager.claim(agentId, 5)).toEqual([]);
  });

  it('ignores an attempt that is older than the one it knows', async () => {
    const [task] = await manager.ready({ attempt: 2 });
    await manager.ready({ ...task!, attempt: 1 });
    expect(await manager.claim(agentId, 5)).toMatchObject([{ attempt: 2 }]);
  });

  it('lets a later attempt take the place of one that still lives: never two at once', async () => {
    const [task] = await manager.ready({});
    const [first] = await manager.claim(agentId, 5);
    await manager.ready({ ...task!, attempt: 2 });
    expect(await manager.eventTypes(runOf(task!.workItemId))).toEqual(['RunQueued', 'RunStarted', 'RunCancelled']);
    expect((await manager.complete(first!)).json()).toMatchObject({ code: 'LEASE_LOST' });
    expect(await manager.claim(agentId, 5)).toMatchObject([{ attempt: 2 }]);
  });

  it('frees a queued run of a cancelled item', async () => {
    const [task] = await manager.ready({});
    await manager.cancel(task!.workItemId);
    expect(await manager.claim(agentId, 5)).toEqual([]);
    const events = await manager.events(runOf(task!.workItemId));
    expect(events.map(({ type }) => type)).toEqual(['RunQueued', 'RunCancelled']);
    expect(events[1]!.data).toMatchObject({ agentId: null, reason: 'changed my mind' });
  });

  it('takes a running run of a cancelled item back: the agent hears it, its slot is free', async () => {
    const small = await manager.register({ slots: 1 });
    const [task] = await manager.ready({});
    const [run] = await manager.claim(small, 1);
    await manager.cancel(task!.workItemId);
    const response = await manager.call('POST', `/v1/agents/${small}/heartbeat`, {
      body: { runs: [{ runId: run!.runId, leaseToken: run!.leaseToken }] },
    });
    expect(response.json()).toEqual({ runs: [{ runId: run!.runId, status: 'cancelled', leaseExpiresAt: null }] });
    expect((await manager.complete(run!)).json()).toMatchObject({ code: 'LEASE_LOST' });
    expect((await manager.events(runOf(task!.workItemId))).at(-1)!.data).toMatchObject({ agentId: small });
    await manager.ready({});
    expect(await manager.claim(small, 1)).toHaveLength(1);
  });

  it('cancels after progress with the right version', async () => {
    const [task] = await manager.ready({});
    const [run] = await manager.claim(agentId, 1);
    const progress = { percent: 1, message: null };
    const runs = [{ runId: run!.runId, leaseToken: run!.leaseToken, progress }];
    await manager.call('POST', `/v1/agents/${agentId}/heartbeat`, { body: { runs } });
    await manager.cancel(task!.workItemId, 'deleted');
    const events = await manager.events(runOf(task!.workItemId));
    expect(events.map(({ type, version }) => [type, version]).at(-1)).toEqual(['RunCancelled', 4]);
  });

  it('keeps the cancel of an item that it has not met yet', async () => {
    const workItemId = randomUUID();
    await manager.cancel(workItemId);
    await manager.ready({ workItemId });
    expect(await manager.claim(agentId, 5)).toEqual([]);
    expect(await manager.events(runOf(workItemId))).toEqual([]);
  });

  it('takes cancel and readiness of one item in one batch, in either order', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const cancelled = (workItemId: string) => ({
      type: 'WorkItemStateChanged',
      stream: `WorkItem-${workItemId}`,
      data: {
        workItemId,
        projectId: randomUUID(),
        newState: 'cancelled',
        reason: null,
      },
    });
    const ready = (workItemId: string) => ({ type: 'TaskReady', data: readyTask({ workItemId }) });
    await manager.receive(cancelled(one), ready(one), ready(other), cancelled(other));
    expect(await manager.claim(agentId, 5)).toEqual([]);
  });

  it('does not lose a cancel that comes while the run is being queued', async () => {
    const items = Array.from({ length: 30 }, () => randomUUID());
    await Promise.all(items.flatMap((workItemId) => [manager.ready({ workItemId }), manager.cancel(workItemId)]));
    expect(await manager.claim(agentId, 100)).toEqual([]);
  });

  it('leaves other changes of state alone', async () => {
    const [task] = await manager.ready({});
    await manager.receive({
      type: 'WorkItemStateChanged',
      stream: `WorkItem-${task!.workItemId}`,
      data: {
        ...task!,
        newState: 'running',
        reason: null,
      },
    });
    expect(await manager.claim(agentId, 5)).toHaveLength(1);
  });

  it('moves a queued run when its priority changes', async () => {
    const projectId = randomUUID();
    const [first, second] = await manager.ready({ projectId }, { projectId });
    await manager.receive(prioritize(second!.workItemId, 9));
    const runs = await manager.claim(agentId, 5);
    expect(runs.map(({ workItemId }) => workItemId).sort()).toEqual([first!.workItemId, second!.workItemId].sort());
    await manager.drop();
    await manager.ready({ ...first!, attempt: 2 }, { ...second!, attempt: 2 });
    const listed = await manager.call('GET', '/v1/queue', { role: 'member' });
    expect(listed.json<{ items: { workItemId: string; priority: number }[] }>().items).toMatchObject([
      { workItemId: second!.workItemId, priority: 9 },
      { workItemId: first!.workItemId, priority: 5 },
    ]);
  });

  it('keeps the priority of an item that it has not met yet', async () => {
    const workItemId = randomUUID();
    await manager.receive(prioritize(workItemId, 8), prioritize(workItemId, 7));
    await manager.ready({ workItemId, priority: 1 });
    expect((await manager.events(runOf(workItemId)))[0]!.data).toMatchObject({ priority: 7 });
  });
});
