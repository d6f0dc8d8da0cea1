import { randomUUID } from 'node:crypto';
import { AgentManagerFixture, type Claimed } from './agent-manager.fixture';

describe('artifacts', () => {
  let manager: AgentManagerFixture;
  let agentId: string;

  beforeAll(async () => {
    manager = await AgentManagerFixture.start();
    agentId = await manager.register({ slots: 256 });
  });
  afterAll(() => manager.stop());

  async function aRun(): Promise<Claimed> {
    await manager.ready({});
    return (await manager.claim(agentId, 1))[0]!;
  }

  const upload = (content: Buffer | string, name = 'map.json', mediaType = 'application/json') => ({
    name,
    mediaType,
    contentBase64: Buffer.from(content).toString('base64'),
  });
  const stored = async () =>
    (await manager.sql<{ n: number }>('select count(*)::int n from agent_manager.artifacts'))[0]!.n;

  async function referencesOf(run: Claimed) {
    const events = await manager.events(`Run-${run.runId}`);
    return (events.at(-1)!.data as { artifacts: { id: string; bytes: number; sha256: string; name: string }[] })
      .artifacts;
  }

  it('come back byte for byte, as a download that nothing renders', async () => {
    const run = await aRun();
    const content = Buffer.from(Array.from({ length: 1000 }, (_, n) => n % 256));
    await manager.complete(run, { artifacts: [upload(content, 'Bericht "März".bin', 'application/octet-stream')] });
    const [reference] = await referencesOf(run);
    expect(reference).toMatchObject({ bytes: 1000, name: 'Bericht "März".bin' });
    const path = `/v1/work-items/${run.workItemId}/artifacts/${reference!.id}`;
    const response = await manager.call('GET', path, { role: 'member' });
    expect(response.statusCode).toBe(200);
    expect(response.rawPayload.equals(content)).toBe(true);
    expect(response.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="Bericht _M_rz_.bin"; filename*=UTF-8''Bericht%20%22M%C3%A4rz%22.bin`,
      'x-content-type-options': 'nosniff',
    });
    for (const foreign of [
      await manager.call('GET', path, { role: 'member', tenantId: randomUUID() }),
      await manager.call('GET', `/v1/work-items/${randomUUID()}/artifacts/${reference!.id}`, { role: 'member' }),
      await manager.call('GET', `/v1/work-items/${run.workItemId}/artifacts/${randomUUID()}`, { role: 'member' }),
    ]) {
      expect([foreign.statusCode, foreign.json<{ code: string }>().code]).toEqual([404, 'NOT_FOUND']);
    }
  });

  it('are stored once, however often the same bytes come', async () => {
    const before = await stored();
    const [one, other] = [await aRun(), await aRun()];
    const files = [upload('same'), upload('same', 'copy.json')];
    await Promise.all([one, other].map((run) => manager.complete(run, { artifacts: files })));
    expect(await stored()).toBe(before + 1);
    const ids = [...(await referencesOf(one)), ...(await referencesOf(other))].map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
  });

  it('may be 8 MiB together and not more', async () => {
    const run = await aRun();
    const mebibytes = (count: number, fill: string) => upload(Buffer.alloc(count * 1024 * 1024, fill), `${fill}.bin`);
    const before = await stored();
    const tooLarge = await manager.complete(run, { artifacts: [mebibytes(8, 'a'), upload('b', 'b')] });
    expect([tooLarge.statusCode, tooLarge.json<{ code: string }>().code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(await stored()).toBe(before);
    expect((await manager.complete(run, { artifacts: [mebibytes(5, 'a'), mebibytes(3, 'b')] })).statusCode).toBe(200);
  });

  it('of a caller without a lease are not stored', async () => {
    const run = await aRun();
    const before = await stored();
    const body = { leaseToken: 'guessed', artifacts: [upload('stolen slot')] };
    await manager.call('POST', `/v1/runs/${run.runId}/complete`, { body });
    expect(await stored()).toBe(before);
  });

  it.each([
    [upload('x', '../etc/passwd'), 'artifacts.0.name'],
    [upload('x', 'a.txt', 'text/plain\r\nx: y'), 'artifacts.0.mediaType'],
    [{ name: 'a', mediaType: 'text/plain', contentBase64: 'not base64!' }, 'artifacts.0.contentBase64'],
  ])('are refused when they are like %j', async (artifact, path) => {
    const run = await aRun();
    const response = await manager.complete(run, { artifacts: [artifact] });
    expect([response.statusCode, response.json()]).toMatchObject([400, { errors: [{ path }] }]);
    expect((await manager.complete(run)).statusCode).toBe(200);
  });

  it('have distinct names within a run', async () => {
    const response = await manager.complete(await aRun(), { artifacts: [upload('1'), upload('2')] });
    expect(response.json()).toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('a result that would not fit into an event is refused', async () => {
    const run = await aRun();
    const response = await manager.complete(run, { result: 'x'.repeat(129 * 1024) });
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect((await manager.complete(run, { result: 'x'.repeat(127 * 1024) })).statusCode).toBe(200);
  });

  it('only completions may be large', async () => {
    const response = await manager.call('POST', '/v1/agents', {
      body: { name: 'x'.repeat(2 * 1024 * 1024), capabilities: ['noop'], slots: 1 },
    });
    expect(response.statusCode).toBe(413);
  });
});
