import { restoreEvents } from '@codex/event-store-postgres/testing';
import { eventually } from '@codex/testing';
import { AgentManagerFixture } from './agent-manager.fixture';

describe('an agent-manager whose database was lost and restored from its events', () => {
  let manager: AgentManagerFixture;
  let agentId: string;

  beforeEach(async () => {
    manager = await AgentManagerFixture.start();
    agentId = await manager.register({ slots: 3, capabilities: ['noop', 'saw'] });
  });
  afterEach(() => manager.stop());

  it('has its queue again, in the same order, for agents with their tools and slots', async () => {
    const [first, urgent, sawn, other] = await manager.ready(
      { priority: 5 },
      { priority: 9 },
      { priority: 1, tools: ['saw'] },
      { priority: 0, tools: ['hammer'] },
    );
    await loseAndRestore();
    for (const { id, ready_since: since } of await manager.sql<{ id: string; ready_since: Date }>(
      'select id, ready_since from agent_manager.runs',
    )) {
      expect((await manager.events(`Run-${id}`))[0]!.recordedAt).toBe(since.toISOString());
    }
    const claimed = await manager.claim(agentId, 10);
    expect(claimed.map(({ workItemId }) => workItemId)).toEqual([urgent, first, sawn].map((task) => task!.workItemId));
    expect(await manager.statusOf(other!.workItemId)).toBe('queued');
    expect((await manager.call('GET', `/v1/agents/${agentId}`)).json()).toMatchObject({ slots: 3, busySlots: 3 });
    expect((await manager.complete(claimed[0]!)).statusCode).toBe(200);
  });

  it('loses every run that was with an agent, once, and takes nothing from its old token', async () => {
    const [task] = await manager.ready({});
    const [held] = await manager.claim(agentId, 1);
    const progress = [{ runId: held!.runId, leaseToken: held!.leaseToken, progress: { percent: 50 } }];
    await manager.call('POST', `/v1/agents/${agentId}/heartbeat`, { body: { runs: progress } });
    await loseAndRestore();
    const stream = `Run-${held!.runId}`;
    await eventually(async () => expect(await manager.eventTypes(stream)).toContain('RunLost'));
    const late = await manager.complete(held!);
    expect([late.statusCode, late.json<{ code: string }>().code]).toEqual([409, 'LEASE_LOST']);
    await loseAndRestore();
    // The scheduler has it tried again; the task that was ready before is known.
    await manager.ready(task!, { ...task!, attempt: 2 });
    const [next] = await manager.claim(agentId, 10);
    expect(next).toMatchObject({ workItemId: task!.workItemId, attempt: 2 });
    const types = ['RunQueued', 'RunStarted', 'RunProgressed', 'RunLost'];
    expect(await manager.eventTypes(stream)).toEqual(types);
    const [lost] = (await manager.events(stream)).slice(-1);
    expect(lost).toMatchObject({ data: { reason: 'LEASE_EXPIRED', agentId, workItemId: task!.workItemId } });
  });

  it('does not run again what ended, and says which artifacts have lost their bytes until they come again', async () => {
    const tasks = await manager.ready({}, {}, {});
    const runs = await manager.claim(agentId, 2);
    const content = Buffer.from('a map').toString('base64');
    const artifacts = [{ name: 'map.txt', mediaType: 'text/plain', contentBase64: content }];
    await manager.complete(runs[0]!, { artifacts });
    const failed = { leaseToken: runs[1]!.leaseToken, error: { code: 'NO', message: 'no' } };
    await manager.call('POST', `/v1/runs/${runs[1]!.runId}/fail`, { body: failed });
    const ended = runs.map(({ workItemId }) => workItemId);
    const waiting = tasks.find(({ workItemId }) => !ended.includes(workItemId))!;
    await manager.cancel(waiting.workItemId);
    const path = `/v1/work-items/${ended[0]!}/artifacts/${await artifactOf(runs[0]!.runId)}`;
    expect((await manager.call('GET', path, { role: 'member' })).body).toBe('a map');
    await loseAndRestore();
    await manager.ready(...tasks);
    expect(await manager.claim(agentId, 10)).toEqual([]);
    const gone = await manager.call('GET', path, { role: 'member' });
    expect([gone.statusCode, gone.json<{ code: string }>().code]).toEqual([410, 'CONTENT_LOST']);
    await manager.ready({});
    const [again] = await manager.claim(agentId, 1);
    expect((await manager.complete(again!, { artifacts })).statusCode).toBe(200);
    expect((await manager.call('GET', path, { role: 'member' })).body).toBe('a map');
  });

  async function artifactOf(runId: string): Promise<string> {
    const last = (await manager.events(`Run-${runId}`)).at(-1)!;
    return (last.data as { artifacts: { id: string }[] }).artifacts[0]!.id;
  }

  /** Only events and replies come back. */
  async function loseAndRestore(): Promise<void> {
    const lost = manager;
    manager = await AgentManagerFixture.restored(lost, (url) =>
      restoreEvents(lost.commands.pool, { url, service: 'agent-manager', topic: 'agent.events.v1' }),
    );
    await lost.stop();
  }
});
