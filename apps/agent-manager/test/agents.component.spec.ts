import { randomUUID } from 'node:crypto';
import { eventually } from '@codex/testing';
import { Liveness } from '../src/application/liveness';
import { Sweeper } from '../src/application/sweeper';
import { AgentManagerFixture } from './agent-manager.fixture';

describe('agents', () => {
  let manager: AgentManagerFixture;

  beforeAll(async () => {
    manager = await AgentManagerFixture.start();
  });
  afterAll(() => manager.stop());

  const body = (name: string, more: object = {}) => ({ name, capabilities: ['noop'], slots: 2, ...more });
  const show = async (id: string) =>
    (await manager.call('GET', `/v1/agents/${id}`, { role: 'member' })).json<Record<string, unknown>>();

  it('register, and are the same agent when they come again under the same name', async () => {
    const first = await manager.call('POST', '/v1/agents', { body: body('same', { labels: { zone: 'a' } }) });
    expect(first.statusCode).toBe(201);
    const { id } = first.json<{ id: string }>();
    expect(first.headers['location']).toBe(`/v1/agents/${id}`);
    expect(first.json()).toMatchObject({
      heartbeatIntervalMs: 5e3,
      leaseTtlMs: 2e4,
      stream: `Agent-${id}`,
      version: 1,
      events: ['AgentRegistered'],
    });
    const again = await manager.call('POST', '/v1/agents', { body: body('same', { labels: { zone: 'a' } }) });
    expect([again.statusCode, again.json()]).toMatchObject([200, { id, events: [], version: 1 }]);
    const changed = await manager.call('POST', '/v1/agents', { body: body('same', { slots: 9 }) });
    expect([changed.statusCode, changed.json()]).toMatchObject([200, { id, version: 2 }]);
    expect(await show(id)).toMatchObject({ slots: 9, labels: {}, version: 2 });
  });

  it('of the same name in another tenant are others', async () => {
    const mine = await manager.register({ name: 'twin' });
    const tenantId = randomUUID();
    const theirs = await manager.register({ name: 'twin', tenantId });
    expect(mine).not.toBe(theirs);
    expect((await manager.call('GET', `/v1/agents/${mine}`, { role: 'member', tenantId })).statusCode).toBe(404);
    const foreign = await manager.call('POST', `/v1/agents/${mine}/drain`, { body: {}, role: 'operator', tenantId });
    expect([foreign.statusCode, foreign.json<{ code: string }>().code]).toEqual([404, 'NOT_FOUND']);
  });

  it('are drained and resumed by operators and agents, by nobody else', async () => {
    const id = await manager.register();
    const drain = (role: 'operator' | 'member') => manager.call('POST', `/v1/agents/${id}/drain`, { body: {}, role });
    expect((await drain('member')).statusCode).toBe(403);
    expect((await drain('operator')).json()).toMatchObject({ events: ['AgentDraining'] });
    expect((await drain('operator')).json()).toMatchObject({ events: [] });
    expect(await show(id)).toMatchObject({ status: 'draining' });
    await manager.call('POST', `/v1/agents/${id}/resume`, { body: { reason: 'done' } });
    expect(await show(id)).toMatchObject({ status: 'online' });
  });

  it('leave, can do nothing then, and come back by registering', async () => {
    const id = await manager.register({ name: 'leaver' });
    expect((await manager.call('DELETE', `/v1/agents/${id}`)).json()).toMatchObject({ events: ['AgentDeregistered'] });
    expect((await manager.call('DELETE', `/v1/agents/${id}`)).json()).toMatchObject({ events: [] });
    const claim = await manager.call('POST', `/v1/agents/${id}/claims`, { body: { max: 1 } });
    const beat = await manager.call('POST', `/v1/agents/${id}/heartbeat`, { body: { runs: [] } });
    const drain = await manager.call('POST', `/v1/agents/${id}/drain`, { body: {} });
    for (const response of [claim, beat, drain]) {
      expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([409, 'AGENT_GONE']);
    }
    expect(await show(id)).toMatchObject({ status: 'gone' });
    await manager.register({ name: 'leaver' });
    expect(await show(id)).toMatchObject({ status: 'online' });
  });

  it('show their busy slots', async () => {
    const id = await manager.register({ slots: 3 });
    await manager.ready({}, {});
    await manager.claim(id, 5);
    expect(await show(id)).toMatchObject({ busySlots: 2, slots: 3 });
    await manager.drop();
    expect(await show(id)).toMatchObject({ busySlots: 0 });
  });

  it('are lost when they are silent, and come back when they call, draining if they were', async () => {
    const [id, draining] = [await manager.register(), await manager.register()];
    await manager.call('POST', `/v1/agents/${draining}/drain`, { body: {} });
    await manager.service.app.get(Liveness).flush();
    await manager.sql(
      `update agent_manager.agents set last_seen_at = now() - interval '2 minutes' where id = any ($1)`,
      [[id, draining]],
    );
    const sweeper = manager.service.app.get(Sweeper);
    // This process has not been there for a minute itself, so it can not know.
    await sweeper.giveUpAgents();
    expect(await show(id)).toMatchObject({ status: 'online' });
    await Promise.all([sweeper.giveUpAgents(1), sweeper.giveUpAgents(1)]);
    expect([await show(id), await show(draining)]).toMatchObject([{ status: 'lost' }, { status: 'lost' }]);
    expect(await manager.eventTypes(`Agent-${id}`)).toEqual(['AgentRegistered', 'AgentLost']);
    await manager.claim(id, 1);
    await manager.claim(draining, 1);
    await eventually(
      async () => (await show(id))['status'] === 'online' && (await show(draining))['status'] === 'draining',
    );
  });

  it('count as alive by whatever they call', async () => {
    const id = await manager.register();
    await manager.ready({});
    const [run] = await manager.claim(id, 1);
    const calls = [
      () => manager.claim(id, 1),
      () => manager.call('POST', `/v1/agents/${id}/heartbeat`, { body: { runs: [] } }),
      () => manager.complete(run!),
    ];
    const liveness = manager.service.app.get(Liveness);
    for (const call of calls) {
      await liveness.flush();
      await manager.sql(`update agent_manager.agents set last_seen_at = now() - interval '1 hour' where id = $1`, [id]);
      await call();
      await liveness.flush();
      expect(Date.now() - Date.parse((await show(id))['lastSeenAt'] as string)).toBeLessThan(60_000);
    }
  });

  it('wait at the desk while they are lost, and get work once they are welcomed', async () => {
    const id = await manager.register();
    await manager.sql(`update agent_manager.agents set last_seen_at = now() - interval '2 minutes' where id = $1`, [
      id,
    ]);
    await manager.service.app.get(Sweeper).giveUpAgents(1);
    await manager.ready({});
    expect(await manager.claim(id, 1, 30_000)).toHaveLength(1);
    await manager.drop();
  });

  it('are listed newest first, in pages', async () => {
    const tenantId = randomUUID();
    for (const name of ['a', 'b', 'c']) await manager.register({ name, tenantId });
    const page = async (query: string) =>
      (await manager.call('GET', `/v1/agents?${query}`, { role: 'member', tenantId })).json<{
        items: { name: string }[];
        pageInfo: { endCursor: string; hasNextPage: boolean };
      }>();
    const first = await page('first=2');
    expect([first.items.map(({ name }) => name), first.pageInfo.hasNextPage]).toEqual([['c', 'b'], true]);
    const second = await page(`first=2&after=${first.pageInfo.endCursor}`);
    expect([second.items.map(({ name }) => name), second.pageInfo.hasNextPage]).toEqual([['a'], false]);
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ slots: 0 }, 'slots'],
    [{ slots: 257 }, 'slots'],
    [{ capabilities: ['not a tool'] }, 'capabilities.0'],
    [{ capabilities: [] }, 'capabilities'],
    [{ tenantId: 'mine' }, 'tenantId'],
  ])('do not register with %j', async (wrong, path) => {
    const response = await manager.call('POST', '/v1/agents', { body: { ...body('x'), ...wrong } });
    expect([response.statusCode, response.json()]).toMatchObject([400, { errors: [{ path }] }]);
  });

  it('have a contract that tools can read', async () => {
    const { paths } = (await manager.call('GET', '/openapi.json')).json<{ paths: Record<string, object> }>();
    expect(Object.keys(paths).toSorted()).toEqual([
      '/v1/agents',
      '/v1/agents/{id}',
      '/v1/agents/{id}/claims',
      '/v1/agents/{id}/drain',
      '/v1/agents/{id}/heartbeat',
      '/v1/agents/{id}/resume',
      '/v1/operations/streams/{stream}',
      '/v1/queue',
      '/v1/runs/{runId}/complete',
      '/v1/runs/{runId}/fail',
      '/v1/work-items/{workItemId}/artifacts/{artifactId}',
    ]);
  });

  it('register once for one idempotency key', async () => {
    const headers = { 'idempotency-key': 'register-1' };
    const send = (slots: number) => manager.call('POST', '/v1/agents', { body: body('keyed', { slots }), headers });
    const [first, second] = [await send(2), await send(2)];
    expect([second.statusCode, second.json()]).toEqual([first.statusCode, first.json()]);
    expect(second.headers['idempotent-replayed']).toBe('true');
    expect((await send(3)).statusCode).toBe(422);
  });
});
