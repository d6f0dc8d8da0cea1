import { randomUUID } from 'node:crypto';
import { AgentManagerFixture } from './agent-manager.fixture';

/** The start of today in UTC by the database's clock. */
const TODAY = `date_trunc('day', clock_timestamp() at time zone 'UTC') at time zone 'UTC'`;

describe('run minutes a day', () => {
  let manager: AgentManagerFixture;
  let agentId: string;

  beforeAll(async () => {
    manager = await AgentManagerFixture.start();
    agentId = await manager.register({ slots: 100 });
  });
  afterAll(() => manager.stop());
  afterEach(() => manager.drop());

  const limit = (projectId: string, maxRunMinutesPerDay: number | null) =>
    manager.receive({
      type: 'ProjectQuotaSet',
      stream: `ProjectQuota-${projectId}`,
      data: { projectId, maxConcurrentRuns: null, maxOpenWorkItems: null, maxRunMinutesPerDay },
    });

  const claimed = async (max = 10): Promise<number> => (await manager.claim(agentId, max)).length;

  const place = async (workItemId: string) =>
    (await manager.call('GET', `/internal/work-items/${workItemId}/queue`, { role: 'member' })).json<object>();

  /** A run of the project that ended `endedAt` after so many minutes. */
  async function ended(projectId: string, minutes: number, endedAt = 'clock_timestamp()'): Promise<void> {
    const [task] = await manager.ready({ projectId, priority: 9 });
    await limit(projectId, null);
    const [run] = await manager.claim(agentId, 1);
    expect(run!.workItemId).toBe(task!.workItemId);
    await manager.complete(run!);
    await manager.sql(
      `update agent_manager.runs set ended_at = ${endedAt}, started_at = ${endedAt} - $2 * interval '1 minute' where id = $1`,
      [run!.runId, minutes],
    );
  }

  it('count the runs that ended today: nothing is claimed once they are used up', async () => {
    const projectId = randomUUID();
    // In the first minutes of a day most of the run lies in yesterday; two runs of the whole day do not fit anyway.
    await ended(projectId, 30, `${TODAY} + interval '40 minutes'`);
    await ended(projectId, 30, `${TODAY} + interval '40 minutes'`);
    const [task] = await manager.ready({ projectId });
    await limit(projectId, 60);
    expect(await claimed()).toBe(0);
    expect(await place(task!.workItemId)).toMatchObject({ isProjectOutOfMinutes: true, isProjectFull: false });
    await limit(projectId, 61);
    expect(await place(task!.workItemId)).toMatchObject({ isProjectOutOfMinutes: false });
    expect(await claimed()).toBe(1);
  });

  it('count of a run what lies in today, and nothing of yesterday', async () => {
    const projectId = randomUUID();
    await ended(projectId, 600, `${TODAY} + interval '10 minutes'`);
    await ended(projectId, 600, `${TODAY} - interval '1 second'`);
    await manager.ready({ projectId }, { projectId });
    await limit(projectId, 10);
    expect(await claimed()).toBe(0);
    await limit(projectId, 11);
    expect(await claimed(1)).toBe(1);
  });

  it('count runs that are still running', async () => {
    const projectId = randomUUID();
    await manager.ready({ projectId });
    await limit(projectId, 30);
    expect(await claimed()).toBe(1);
    await manager.ready({ projectId });
    await manager.sql(
      `update agent_manager.runs set started_at = clock_timestamp() - interval '1 day' where project_id = $1`,
      [projectId],
    );
    const [{ minutes }] = (await manager.sql(
      `select (extract(epoch from clock_timestamp() - ${TODAY}) / 60)::float8 as minutes`,
    )) as [{ minutes: number }];
    await limit(projectId, Math.floor(minutes));
    expect(await claimed()).toBe(0);
    await limit(projectId, Math.ceil(minutes) + 1);
    expect(await claimed()).toBe(1);
  });

  it('of nobody else count, and runs that never started do not', async () => {
    const [projectId, other] = [randomUUID(), randomUUID()];
    await ended(other, 1_000);
    const [task] = await manager.ready({ projectId });
    await manager.cancel(task!.workItemId);
    await manager.ready({ projectId });
    await limit(projectId, 1);
    expect(await claimed()).toBe(1);
  });

  it('that are none allow nothing', async () => {
    const projectId = randomUUID();
    await manager.ready({ projectId });
    await limit(projectId, 0);
    expect(await claimed()).toBe(0);
  });

  it('that are used up put the runs of the project last in the queue', async () => {
    const [poor, rich] = [randomUUID(), randomUUID()];
    await limit(poor, 0);
    await manager.ready({ projectId: poor, priority: 9 }, { projectId: rich, priority: 0 });
    const { items } = (await manager.call('GET', '/v1/queue', { role: 'member' })).json<{
      items: readonly { projectId: string }[];
    }>();
    expect(items.map(({ projectId }) => projectId)).toEqual([rich, poor]);
  });

  it('let a waiting agent have the run as soon as the limit is raised', async () => {
    const projectId = randomUUID();
    await limit(projectId, 0);
    await manager.ready({ projectId });
    const waiting = manager.claim(agentId, 1, 20_000);
    await manager.waitsAtTheDesk();
    await limit(projectId, 5);
    expect(await waiting).toHaveLength(1);
  });

  it('are judged under the locks of the claim, whatever the look at the queue said', async () => {
    const projectId = randomUUID();
    await manager.ready({ projectId }, { projectId });
    await limit(projectId, 5);
    expect(await claimed(1)).toBe(1);
    // Behind the back of the process, whose look at the queue is fresh.
    await manager.sql('update agent_manager.projects set max_run_minutes = 0 where id = $1', [projectId]);
    expect(await claimed(1)).toBe(0);
  });
});
