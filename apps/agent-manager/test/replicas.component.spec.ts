import { randomUUID } from 'node:crypto';
import { AgentManagerFixture, type Claimed } from './agent-manager.fixture';

describe('two replicas', () => {
  let one: AgentManagerFixture;
  let other: AgentManagerFixture;

  beforeAll(async () => {
    one = await AgentManagerFixture.start();
    other = await AgentManagerFixture.start(one);
  });
  afterAll(async () => {
    await other.stop();
    await one.stop();
  });
  afterEach(() => one.drop());

  /** Claims through both at the same time, again and again, until nobody gets anything. */
  async function claimAll(agents: readonly string[], max: number): Promise<readonly Claimed[]> {
    const claimed: Claimed[] = [];
    for (;;) {
      const claims = agents.flatMap((agentId) => [one.claim(agentId, max), other.claim(agentId, max)]);
      const runs = (await Promise.all(claims)).flat();
      if (runs.length === 0) return claimed;
      claimed.push(...runs);
    }
  }

  const open = async () => {
    const projectId = randomUUID();
    await one.limit(projectId, null);
    return projectId;
  };
  const distinct = (runs: readonly Claimed[]) => new Set(runs.map(({ runId }) => runId)).size;

  it('give each run once', async () => {
    const projectId = await open();
    await one.ready(...Array.from({ length: 150 }, () => ({ projectId })));
    const agents = await Promise.all(Array.from({ length: 4 }, () => one.register({ slots: 100 })));
    const runs = await claimAll(agents, 7);
    expect([runs.length, distinct(runs)]).toEqual([150, 150]);
  });

  it.each([1, 2, 3])('never give an agent more than its slots (%i)', async () => {
    const projectId = await open();
    await one.ready(...Array.from({ length: 60 }, () => ({ projectId })));
    const agentId = await one.register({ slots: 11 });
    const runs = await claimAll([agentId], 11);
    expect([runs.length, distinct(runs)]).toEqual([11, 11]);
  });

  // Agents with different tools choose different runs, so only the limit itself can keep them apart.
  it.each([1, 2, 3, 4, 5])('never have more of a project running than its limit (%i)', async () => {
    const projectId = randomUUID();
    await one.limit(projectId, 9);
    await one.ready(...Array.from({ length: 60 }, (_, n) => ({ projectId, tools: [n % 2 === 0 ? 'even' : 'odd'] })));
    const [even, odd] = await Promise.all(
      ['even', 'odd'].map((tool) => one.register({ slots: 50, capabilities: [tool] })),
    );
    const runs = (await Promise.all([one.claim(even!, 9), other.claim(odd!, 9)])).flat();
    runs.push(...(await claimAll([even!, odd!], 9)));
    expect([runs.length, distinct(runs)]).toEqual([9, 9]);
  });

  it('give nothing more to an agent that the other one drains', async () => {
    const projectId = await open();
    const agentId = await one.register({ slots: 50 });
    await one.ready(...Array.from({ length: 30 }, () => ({ projectId })));
    await Promise.all([
      one.claim(agentId, 5),
      other.call('POST', `/v1/agents/${agentId}/drain`, { body: {} }),
      one.claim(agentId, 5),
    ]);
    expect(await Promise.all([one.claim(agentId, 5), other.claim(agentId, 5)])).toEqual([[], []]);
  });

  it('see what the other one queues without hands', async () => {
    const agentId = await one.register();
    const waiting = one.claim(agentId, 1, 20_000);
    await one.waitsAtTheDesk();
    const [task] = await other.ready({});
    expect(await waiting).toMatchObject([{ workItemId: task!.workItemId }]);
  });

  it('complete a run once when it is completed through both', async () => {
    const agentId = await one.register();
    const [task] = await one.ready({});
    const [run] = await one.claim(agentId, 1);
    const answers = await Promise.all([
      one.complete(run!),
      other.complete(run!),
      one.complete(run!),
      other.complete(run!),
    ]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200]);
    expect(await one.eventTypes(`Run-${run!.runId}`)).toEqual(['RunQueued', 'RunStarted', 'RunCompleted']);
    expect(await one.statusOf(task!.workItemId)).toBe('completed');
  });

  it('never lose a cancel to a run that is queued, claimed or completed at the same time', async () => {
    const projectId = await open();
    const agentId = await one.register({ slots: 200 });
    const items = Array.from({ length: 20 }, () => randomUUID());
    await Promise.all([
      ...items.map((workItemId) => one.ready({ workItemId, projectId })),
      ...items.map((workItemId) => other.cancel(workItemId)),
      claimAll([agentId], 5).then((runs) => Promise.all(runs.map((run) => one.complete(run)))),
    ]);
    const live = await one.sql(`select id from agent_manager.runs where status in ('queued', 'running')`);
    const leases = await one.sql('select run_id from agent_manager.leases');
    expect([live, leases]).toEqual([[], []]);
  });

  it('keep rows and streams equal, whatever happens at once', async () => {
    const projectId = await open();
    const agentId = await one.register({ slots: 200 });
    await one.ready(...Array.from({ length: 40 }, () => ({ projectId })));
    const runs = await claimAll([agentId], 8);
    await Promise.all(
      runs.flatMap((run, n) => [
        n % 2 === 0 ? one.complete(run) : other.cancel(run.workItemId),
        n % 3 === 0 ? other.cancel(run.workItemId) : other.complete(run),
        one.call('POST', `/v1/agents/${agentId}/heartbeat`, {
          body: { runs: [{ runId: run.runId, leaseToken: run.leaseToken, progress: { percent: n } }] },
        }),
      ]),
    );
    const ended = {
      RunCompleted: 'completed',
      RunCancelled: 'cancelled',
      RunStarted: 'running',
      RunProgressed: 'running',
    };
    for (const run of runs) {
      const types = await one.eventTypes(`Run-${run.runId}`);
      expect(await one.statusOf(run.workItemId)).toBe(ended[types.at(-1) as keyof typeof ended]);
      expect(types.filter((type) => type === 'RunCompleted' || type === 'RunCancelled')).toHaveLength(1);
    }
  });
});
