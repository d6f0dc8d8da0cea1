import { randomUUID } from 'node:crypto';
import { eventually } from '@codex/testing';
import { Sweeper } from '../src/application/sweeper';
import { AgentManagerFixture, type Claimed } from './agent-manager.fixture';

describe('leases', () => {
  let manager: AgentManagerFixture;
  let agentId: string;

  beforeAll(async () => {
    manager = await AgentManagerFixture.start();
    agentId = await manager.register({ slots: 256 });
  });
  afterAll(() => manager.stop());

  async function aRun(task: object = {}): Promise<Claimed> {
    await manager.ready(task);
    const [run] = await manager.claim(agentId, 1);
    return run!;
  }

  function beat(runs: readonly object[], of = agentId) {
    return manager.call('POST', `/v1/agents/${of}/heartbeat`, { body: { runs } });
  }

  async function fail(run: Claimed, body: object = {}) {
    const error = { code: 'BOOM', message: 'it broke' };
    return manager.call('POST', `/v1/runs/${run.runId}/fail`, { body: { leaseToken: run.leaseToken, error, ...body } });
  }

  const expire = (run: Claimed) =>
    manager.sql(`update agent_manager.leases set expires_at = now() - interval '1 ms' where run_id = $1`, [run.runId]);

  it('keep only the digest of the token', async () => {
    const run = await aRun();
    const rows = await manager.sql('select * from agent_manager.leases natural join agent_manager.runs');
    expect(JSON.stringify(rows)).not.toContain(run.leaseToken);
    expect(run.leaseToken.length).toBeGreaterThanOrEqual(22);
  });

  it('are renewed by a heartbeat that names run and token, and no others', async () => {
    const [mine, other] = [await aRun(), await aRun()];
    await manager.sql(`update agent_manager.leases set expires_at = now() + interval '5 s'`);
    const response = await beat([
      { runId: mine.runId, leaseToken: mine.leaseToken },
      { runId: other.runId, leaseToken: 'guessed' },
      { runId: randomUUID(), leaseToken: mine.leaseToken },
    ]);
    const { runs } = response.json<{ runs: { status: string; leaseExpiresAt: string | null }[] }>();
    expect(runs.map(({ status }) => status)).toEqual(['ok', 'lost', 'lost']);
    expect(Date.parse(runs[0]!.leaseExpiresAt!) - Date.now()).toBeGreaterThan(15_000);
    const [row] = await manager.sql<{ left: number }>(
      'select extract(epoch from expires_at - now())::int as left from agent_manager.leases where run_id = $1',
      [other.runId],
    );
    expect(row!.left).toBeLessThanOrEqual(5);
  });

  it('are not renewed for another agent that knows the token', async () => {
    const run = await aRun();
    const thief = await manager.register();
    const response = await beat([{ runId: run.runId, leaseToken: run.leaseToken }], thief);
    expect(response.json()).toMatchObject({ runs: [{ status: 'lost' }] });
  });

  it('end together, and a refused ending takes nobody with it', async () => {
    const runs = await Promise.all(Array.from({ length: 12 }, () => aRun()));
    const complete = ({ runId, leaseToken }: { runId: string; leaseToken: string }) =>
      manager.call('POST', `/v1/runs/${runId}/complete`, { body: { leaseToken } });
    const guessed = { ...runs[3]!, leaseToken: 'guessed' };
    const unknown = { ...runs[4]!, runId: randomUUID() };
    const answers = await Promise.all([...runs, guessed, unknown, runs[5]!].map(complete));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([...runs.map(() => 200), 409, 404, 200]);
    expect(answers.at(-1)!.json()).toMatchObject({ events: [] });
    const types = await Promise.all(runs.map(({ runId }) => manager.eventTypes(`Run-${runId}`)));
    expect(types).toEqual(runs.map(() => ['RunQueued', 'RunStarted', 'RunCompleted']));
  });

  it('note progress at most once a second', async () => {
    const run = await aRun();
    const progress = { percent: 10, message: 'started' };
    const runs = [{ runId: run.runId, leaseToken: run.leaseToken, progress }];
    await Promise.all([beat(runs), beat(runs), beat(runs)]);
    expect(await manager.eventTypes(`Run-${run.runId}`)).toEqual(['RunQueued', 'RunStarted', 'RunProgressed']);
    await manager.sql(`update agent_manager.leases set progressed_at = now() - interval '2 s'`);
    await beat([{ ...runs[0]!, progress: { percent: 20 } }]);
    const events = await manager.events(`Run-${run.runId}`);
    expect(events.at(-1)).toMatchObject({ version: 4, data: { percent: 20, message: null, agentId } });
    expect((await manager.complete(run)).json()).toMatchObject({ version: 5 });
  });

  it('end the run once: a repeat with the same token gets no events', async () => {
    const run = await aRun();
    expect((await manager.complete(run)).json()).toMatchObject({ events: ['RunCompleted'], version: 3 });
    const repeats = await Promise.all([manager.complete(run), manager.complete(run)]);
    expect(repeats.map((response) => [response.statusCode, response.json<{ events: [] }>().events])).toEqual([
      [200, []],
      [200, []],
    ]);
    expect(repeats[0]!.json()).toMatchObject({ version: 3, consistencyToken: `Run-${run.runId}@3` });
    expect((await fail(run)).statusCode).toBe(409);
  });

  it('end the run once when it is completed twice at the same time', async () => {
    const run = await aRun();
    const answers = await Promise.all([manager.complete(run), manager.complete(run), manager.complete(run)]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    expect(answers.filter((answer) => answer.json<{ events: string[] }>().events.length > 0)).toHaveLength(1);
    expect(await manager.eventTypes(`Run-${run.runId}`)).toEqual(['RunQueued', 'RunStarted', 'RunCompleted']);
  });

  it('answer a repeated idempotency key word for word', async () => {
    const run = await aRun();
    const headers = { 'idempotency-key': 'once' };
    const send = (result: number) =>
      manager.call('POST', `/v1/runs/${run.runId}/complete`, { body: { leaseToken: run.leaseToken, result }, headers });
    const [first, second] = [await send(1), await send(1)];
    expect(second.json()).toEqual(first.json());
    expect(second.headers['idempotent-replayed']).toBe('true');
    expect((await send(2)).json()).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  it('let a failed run say why', async () => {
    const run = await aRun();
    expect((await fail(run, { retryable: false })).json()).toMatchObject({ events: ['RunFailed'] });
    const events = await manager.events(`Run-${run.runId}`);
    expect(events.at(-1)!.data).toMatchObject({ agentId, error: { code: 'BOOM' }, retryable: false });
    expect((await fail(run, { retryable: false })).json()).toMatchObject({ events: [] });
    expect((await manager.complete(run)).json()).toMatchObject({ code: 'LEASE_LOST' });
  });

  it('refuse any other token, and the refusal is recorded', async () => {
    const run = await aRun();
    const response = await manager.complete({ ...run, leaseToken: 'guessed' });
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([409, 'LEASE_LOST']);
    const replies = await manager.sql<{ kind: string; data: Buffer; schema_id: number }>(
      `select kind, data, schema_id from event_store.events where stream = $1 and kind = 'reply'`,
      [`Run-${run.runId}`],
    );
    expect(replies.map(({ data, schema_id }) => manager.commands.codec.decode(schema_id, data).data)).toMatchObject([
      {
        commandType: 'CompleteRun',
        outcome: 'refused',
        code: 'LEASE_LOST',
        workItemId: run.workItemId,
        actor: 'actor-1',
      },
    ]);
    expect((await manager.complete(run)).statusCode).toBe(200);
  });

  it('end by the clock of the database, even before somebody sweeps', async () => {
    const run = await aRun();
    await expire(run);
    expect((await manager.complete(run)).json()).toMatchObject({ code: 'LEASE_LOST' });
    expect((await beat([{ runId: run.runId, leaseToken: run.leaseToken }])).json()).toMatchObject({
      runs: [{ status: 'lost' }],
    });
  });

  it('that expired end as lost, exactly once, however many sweep', async () => {
    const runs = await Promise.all(Array.from({ length: 5 }, () => aRun()));
    for (const run of runs) await expire(run);
    const sweeper = manager.service.app.get(Sweeper);
    await Promise.all([sweeper.endLeases(), sweeper.endLeases(), sweeper.endLeases()]);
    for (const run of runs) {
      expect(await manager.eventTypes(`Run-${run.runId}`)).toEqual(['RunQueued', 'RunStarted', 'RunLost']);
      expect(await manager.statusOf(run.workItemId)).toBe('lost');
    }
    const events = await manager.events(`Run-${runs[0]!.runId}`);
    expect(events.at(-1)).toMatchObject({ data: { agentId, reason: 'LEASE_EXPIRED' } });
    expect((await manager.complete(runs[0]!)).json()).toMatchObject({ code: 'LEASE_LOST' });
  });

  it('are swept without hands', async () => {
    const run = await aRun();
    await expire(run);
    await eventually(async () => (await manager.statusOf(run.workItemId)) === 'lost', { description: 'the sweep' });
  });

  it('end when a run takes far longer than it may, although its agent keeps them alive', async () => {
    const run = await aRun({ timeoutMs: 1_000 });
    await manager.sql(`update agent_manager.leases set ends_at = ends_at - interval '31 s' where run_id = $1`, [
      run.runId,
    ]);
    await manager.service.app.get(Sweeper).endLeases();
    const events = await manager.events(`Run-${run.runId}`);
    expect(events.at(-1)).toMatchObject({ type: 'RunLost', data: { reason: 'TIMEOUT' } });
  });

  it('do not matter to another tenant', async () => {
    const run = await aRun();
    const body = { leaseToken: run.leaseToken };
    const response = await manager.call('POST', `/v1/runs/${run.runId}/complete`, { body, tenantId: randomUUID() });
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([404, 'NOT_FOUND']);
    expect((await manager.complete(run)).statusCode).toBe(200);
  });
});
