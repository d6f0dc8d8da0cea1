import { randomUUID } from 'node:crypto';
import { Housekeeper } from '@codex/postgres';
import { runChores } from '../src/persistence/run-chores';
import { AgentManagerFixture, type Claimed } from './agent-manager.fixture';

const DAY_MS = 86_400_000;

describe('the retention of runs and artifacts', () => {
  let manager: AgentManagerFixture;
  let agentId: string;

  beforeAll(async () => {
    manager = await AgentManagerFixture.start();
    agentId = await manager.register({ slots: 100 });
  });
  afterAll(() => manager.stop());
  afterEach(async () => {
    await manager.drop();
    await manager.sql('truncate agent_manager.artifact_references, agent_manager.artifacts');
  });

  async function tidy(artifactsMs: number | null = 90 * DAY_MS): Promise<void> {
    const failed = jest.fn();
    const chores = runChores({ runsMs: 30 * DAY_MS, artifactsMs });
    const reports = { removed: () => undefined, failed };
    await new Housekeeper({ pool: manager.commands.pool, chores, intervalMs: DAY_MS, reports }).runBeat();
    expect(failed).not.toHaveBeenCalled();
  }

  async function claimOne(): Promise<Claimed> {
    await manager.ready({});
    return (await manager.claim(agentId, 1))[0]!;
  }

  /** A run that was completed so many days ago, with this file. */
  async function completed(days: number, content?: string): Promise<Claimed> {
    const run = await claimOne();
    const contentBase64 = Buffer.from(content ?? '').toString('base64');
    const artifacts = content === undefined ? [] : [{ name: 'a.txt', mediaType: 'text/plain', contentBase64 }];
    expect((await manager.complete(run, { artifacts })).statusCode).toBe(200);
    const ago = `clock_timestamp() - $2 * interval '1 day'`;
    await manager.sql(`update agent_manager.runs set started_at = ${ago}, ended_at = ${ago} where id = $1`, [
      run.runId,
      days,
    ]);
    await manager.sql(`update agent_manager.artifact_references set created_at = ${ago} where run_id = $1`, [
      run.runId,
      days,
    ]);
    return run;
  }

  const runs = async (): Promise<ReadonlySet<unknown>> =>
    new Set((await manager.sql('select id from agent_manager.runs')).map(({ id }) => id));

  const count = async (table: string): Promise<number> =>
    Number((await manager.sql<{ n: string }>(`select count(*) as n from agent_manager.${table}`))[0]!.n);

  it('removes runs that ended long ago, and none that is queued, runs or ended lately', async () => {
    const old = await completed(31);
    const late = await completed(29);
    const running = await claimOne();
    await manager.sql(
      `update agent_manager.runs set started_at = clock_timestamp() - interval '99 days' where id = $1`,
      [running.runId],
    );
    const [queued] = await manager.ready({});
    await manager.sql(
      `update agent_manager.runs set ready_since = clock_timestamp() - interval '99 days' where status = 'queued'`,
    );
    await tidy();
    const left = await runs();
    expect([left.has(old.runId), left.has(late.runId), left.has(running.runId), left.size]).toEqual([
      false,
      true,
      true,
      3,
    ]);
    expect(await manager.statusOf(queued!.workItemId)).toBe('queued');
  });

  it('keeps what is known of the work item: the same task, heard again, queues nothing', async () => {
    const [task] = await manager.ready({});
    const [run] = await manager.claim(agentId, 1);
    await manager.complete(run!);
    await manager.sql(`update agent_manager.runs set ended_at = clock_timestamp() - interval '31 days'`);
    await tidy();
    expect(await manager.statusOf(task!.workItemId)).toBeUndefined();
    await manager.ready(task!);
    expect(await manager.statusOf(task!.workItemId)).toBeUndefined();
    await manager.ready({ ...task!, attempt: 2 });
    expect(await manager.statusOf(task!.workItemId)).toBe('queued');
  });

  it('leaves an agent that comes back far too late with a lost lease, on record', async () => {
    const run = await completed(31);
    await tidy();
    const replies = async () =>
      (
        await manager.sql<{ n: string }>(
          `select count(*) as n from event_store.events where kind = 'reply' and stream = $1`,
          [`Run-${run.runId}`],
        )
      )[0]!.n;
    const answer = await manager.complete(run);
    expect([answer.statusCode, answer.json<{ code: string }>().code, await replies()]).toEqual([
      409,
      'LEASE_LOST',
      '1',
    ]);
    const foreign = await manager.call('POST', `/v1/runs/${run.runId}/complete`, {
      body: { leaseToken: run.leaseToken },
      tenantId: randomUUID(),
    });
    expect(foreign.statusCode).toBe(404);
    const beat = await manager.call('POST', `/v1/agents/${agentId}/heartbeat`, {
      body: { runs: [{ runId: run.runId, leaseToken: run.leaseToken }] },
    });
    expect(beat.json()).toEqual({ runs: [{ runId: run.runId, status: 'lost', leaseExpiresAt: null }] });
  });

  it('removes old artifacts, and their bytes when nobody else refers to them', async () => {
    await completed(91, 'only here');
    await completed(91, 'shared');
    await completed(1, 'shared');
    expect([await count('artifact_references'), await count('artifacts')]).toEqual([3, 2]);
    await tidy();
    expect([await count('artifact_references'), await count('artifacts')]).toEqual([1, 1]);
  });

  it('keeps artifacts for ever unless a time is set', async () => {
    await completed(3_000, 'old');
    await tidy(null);
    expect([await count('artifact_references'), await count('artifacts'), (await runs()).size]).toEqual([1, 1, 0]);
  });

  it('never takes the bytes from under a run that refers to them at the same time', async () => {
    const digestsLeft: number[] = [];
    for (let round = 0; round < 15; round++) {
      await completed(91, `round ${round}`);
      const run = await claimOne();
      const contentBase64 = Buffer.from(`round ${round}`).toString('base64');
      const artifacts = [{ name: 'b.txt', mediaType: 'text/plain', contentBase64 }];
      const [answer] = await Promise.all([manager.complete(run, { artifacts }), tidy()]);
      expect(answer.statusCode).toBe(200);
      digestsLeft.push(await count('artifacts'));
    }
    expect(digestsLeft).toEqual(Array.from({ length: 15 }, (_, round) => round + 1));
  });
});
