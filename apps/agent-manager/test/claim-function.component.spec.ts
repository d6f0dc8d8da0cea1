import { randomBytes, randomUUID } from 'node:crypto';
import type { TaskReadyData } from '@codex/contracts';
import { runIdOf } from '../src/application/run-intake';
import { claimRuns } from '../src/persistence/claim-store';
import { AgentManagerFixture } from './agent-manager.fixture';

/** What a round proposes is out of date at times; here it is wrong on purpose. */
describe('a proposal of runs for agents is judged by the database', () => {
  let manager: AgentManagerFixture;

  beforeAll(async () => {
    manager = await AgentManagerFixture.start();
  });
  afterAll(() => manager.stop());
  afterEach(() => manager.drop());

  async function offer(agentId: string, tasks: readonly TaskReadyData[]): Promise<readonly string[]> {
    const assignments = tasks.map(({ workItemId, attempt, projectId }) => ({
      agentId,
      projectId,
      runId: runIdOf(workItemId, attempt),
    }));
    const claimed = await manager.commands.store.transaction((tx) =>
      claimRuns(
        tx,
        assignments,
        assignments.map(() => randomBytes(32)),
      ),
    );
    const leases = await manager.sql('select * from agent_manager.leases');
    const running = await manager.sql(`select * from agent_manager.runs where status = 'running'`);
    expect([leases.length, running.length]).toEqual([claimed.length, claimed.length]);
    return claimed.map(({ runId }) => runId);
  }
  const ids = (tasks: readonly TaskReadyData[]) => tasks.map(({ workItemId, attempt }) => runIdOf(workItemId, attempt));

  it('gives what is right, in the order of the proposal', async () => {
    const agentId = await manager.register();
    const tasks = await manager.ready({}, {}, {});
    expect(await offer(agentId, tasks)).toEqual(ids(tasks));
  });

  it('gives no more than the agent has slots, the first ones first', async () => {
    const agentId = await manager.register({ slots: 2 });
    const tasks = await manager.ready({}, {}, {});
    expect(await offer(agentId, tasks)).toEqual(ids(tasks).slice(0, 2));
  });

  it('gives no more than the project may run', async () => {
    const agentId = await manager.register();
    const projectId = randomUUID();
    await manager.limit(projectId, 1);
    const tasks = await manager.ready({ projectId }, { projectId }, {});
    expect(await offer(agentId, tasks)).toEqual([ids(tasks)[0], ids(tasks)[2]]);
  });

  it('gives nothing of a paused project', async () => {
    const agentId = await manager.register();
    const [task] = await manager.ready({});
    const { projectId } = task!;
    await manager.receive({ type: 'ProjectPaused', stream: `Project-${projectId}`, data: { projectId, reason: null } });
    expect(await offer(agentId, [task!])).toEqual([]);
  });

  it('gives nothing that needs tools which the agent does not have', async () => {
    const agentId = await manager.register({ capabilities: ['noop'] });
    expect(await offer(agentId, await manager.ready({ tools: ['noop', 'process.run'] }))).toEqual([]);
  });

  it('gives nothing to an agent of another tenant', async () => {
    const agentId = await manager.register({ tenantId: randomUUID() });
    expect(await offer(agentId, await manager.ready({}))).toEqual([]);
  });

  it('gives nothing to an agent that drains', async () => {
    const agentId = await manager.register();
    await manager.call('POST', `/v1/agents/${agentId}/drain`, { body: {} });
    expect(await offer(agentId, await manager.ready({}))).toEqual([]);
  });

  it('gives nothing that is not queued any more, or never was', async () => {
    const agentId = await manager.register();
    const [task] = await manager.ready({});
    await manager.cancel(task!.workItemId);
    expect(await offer(agentId, [task!, { ...task!, workItemId: randomUUID() }])).toEqual([]);
  });

  it('leaves out what another transaction holds, without waiting for it', async () => {
    const agentId = await manager.register();
    const tasks = await manager.ready({}, {});
    const holder = await manager.commands.pool.connect();
    try {
      await holder.query('begin');
      await holder.query('select 1 from agent_manager.runs where id = $1 for update', [ids(tasks)[0]]);
      expect(await offer(agentId, tasks)).toEqual([ids(tasks)[1]]);
    } finally {
      await holder.query('rollback');
      holder.release();
    }
  });
});
