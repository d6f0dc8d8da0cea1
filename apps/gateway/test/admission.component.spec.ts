import { request as rawRequest } from 'node:http';
import { internalTokens, startGateway, tenantId, type GatewayUnderTest } from './gateway-under-test';
import { StubService } from './stub-service';

const stub = new StubService();
let upstream: string;
let gateway: GatewayUnderTest;
const strictOnes: GatewayUnderTest[] = [];

beforeAll(async () => {
  upstream = await stub.start();
  gateway = await startGateway(upstream);
});
afterEach(() => stub.reset());
afterAll(async () => {
  await Promise.all([gateway, ...strictOnes].map((one) => one.stop()));
  await stub.stop();
});

async function call(line: string, headers: Record<string, string> = {}, body?: string | Uint8Array<ArrayBuffer>) {
  const [method, path] = line.split(' ') as [string, string];
  const answer = await fetch(gateway.url + path, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: (text ? JSON.parse(text) : null) as Record<string, any>,
  };
}

const as = (role: string) => ({ 'x-api-key': `key-${role}` });
const json = { 'content-type': 'application/json' };

/** Requests that fetch would tidy up before sending. */
function callRaw(path: string): Promise<number> {
  const { port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    rawRequest({ port, path, headers: as('admin') }, (answer) => resolve(answer.resume().statusCode!))
      .on('error', reject)
      .end();
  });
}

describe('who gets in', () => {
  it.each([
    ['nothing', {}],
    ['an unknown key', { 'x-api-key': 'wrong' }],
    ['an empty key', { 'x-api-key': '' }],
    ['a bearer token where none are configured', { authorization: 'Bearer abc' }],
    ['another scheme', { authorization: 'Basic a2V5LWFkbWluOg==' }],
  ])('is not who shows %s', async (_, headers) => {
    for (const line of ['GET /v1/projects', 'POST /v1/projects', 'GET /v1/nowhere', 'POST /graphql']) {
      const answer = await call(line, headers as Record<string, string>);
      expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(stub.seen).toEqual([]);
  });

  it('learns that a path does not exist only with credentials', async () => {
    expect(await call('GET /v1/nowhere', as('member'))).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await call('DELETE /v1/projects', as('member'))).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await call('GET /nowhere')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  it.each([
    ['GET /v1/projects', 'member operator auditor', 'agent'],
    ['POST /v1/projects', 'member', 'operator auditor agent'],
    ['PUT /v1/projects/1/quota', 'member', 'operator auditor agent'],
    ['POST /v1/projects/1/work-items', 'member', 'operator auditor agent'],
    ['POST /v1/processes/1/retry', 'operator', 'member auditor agent'],
    ['POST /v1/agents', 'agent', 'member operator auditor'],
    ['POST /v1/agents/1/claims', 'agent', 'member operator auditor'],
    ['POST /v1/agents/1/drain', 'agent operator', 'member auditor'],
    ['POST /v1/runs/1/complete', 'agent', 'member operator auditor'],
    ['GET /v1/audit/records', 'auditor', 'member operator agent'],
    ['GET /v1/operations/status', 'operator', 'member auditor agent'],
    ['POST /v1/operations/projections/p/rebuild', 'operator', 'member auditor agent'],
    ['POST /graphql', 'member operator auditor', 'agent'],
  ])('%s is for %s, not for %s', async (line, allowed, refused) => {
    for (const role of ['admin', ...allowed.split(' ')]) expect((await call(line, as(role))).status).toBeLessThan(300);
    for (const role of refused.split(' ')) {
      expect(await call(line, as(role))).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    }
  });
});

describe('what a service is told', () => {
  it('is the caller, by a signed token, whatever the client claims', async () => {
    const spoofed = { 'x-internal-token': 'spoofed', 'x-internal-anything': '1', cookie: 'a=b', 'x-tenant': 'other' };
    await call('POST /v1/projects', { ...as('member'), ...json, ...spoofed }, '{"name":"x"}');
    const [{ headers }] = stub.seen as [(typeof stub.seen)[number]];
    expect(await internalTokens.verify(String(headers['x-internal-token']))).toEqual({
      actor: 'actor-member',
      tenantId,
      roles: ['member'],
    });
    expect(headers).not.toHaveProperty('x-internal-anything');
    expect(headers).not.toHaveProperty('x-api-key');
    expect(headers).not.toHaveProperty('cookie');
  });

  it('is the request as it came', async () => {
    const headers = { ...as('member'), ...json, 'idempotency-key': 'k', 'if-match': '"1"', 'x-correlation-id': 'c-1' };
    const body = '{"name":  "ünï",\n"broken":';
    await call('POST /v1/projects?a=%20b', headers, body);
    expect(stub.seen[0]).toMatchObject({
      url: '/v1/projects?a=%20b',
      body,
      headers: {
        'idempotency-key': 'k',
        'if-match': '"1"',
        'x-correlation-id': 'c-1',
        'content-type': 'application/json',
      },
    });
  });

  it('has a correlation id, which the client gets too', async () => {
    const answer = await call('GET /v1/projects', { ...as('member'), 'x-correlation-id': 'not valid!' });
    const correlationId = answer.headers.get('x-correlation-id');
    expect(correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(stub.seen[0]!.headers['x-correlation-id']).toBe(correlationId);
  });

  it('comes back as the service said it, without what is internal', async () => {
    stub.behaviour = (_request, reply) =>
      reply.code(202).headers({ location: '/v1/x', etag: '"3"', 'x-internal-hint': 'host-7' }).send({ ok: 'ä' });
    const answer = await call('POST /v1/projects/1/work-items', as('member'));
    expect([answer.status, answer.text]).toEqual([202, '{"ok":"ä"}']);
    expect(Object.fromEntries(answer.headers)).toMatchObject({ location: '/v1/x', etag: '"3"' });
    expect(answer.headers.has('x-internal-hint')).toBe(false);
  });

  it('may be large in both directions', async () => {
    const big = 'x'.repeat(3_000_000);
    stub.behaviour = (_request, reply) => reply.send({ big });
    expect((await call('GET /v1/work-items/1/history', as('member'))).body.big).toBe(big);
  });
});

describe('what is refused at the door', () => {
  it.each([
    '/v1/projects/%2e%2e/%2e%2e/internal/relay/status',
    '/v1/projects/..%2f..%2finternal%2frelay%2fstatus',
    '/v1/projects/x\\..\\..\\..\\internal\\relay\\status',
    '/v1//projects',
    '/v1/projects/../../internal/relay/status',
    '/internal/relay/status',
  ])('%s leads nowhere', async (path) => {
    expect(await callRaw(path)).toBe(404);
    expect(stub.seen).toEqual([]);
  });

  it('a body that is too large for its route', async () => {
    const body = `{"x":"${'x'.repeat(1_048_576)}"}`;
    const refused = await call('POST /v1/projects', { ...as('member'), ...json }, body);
    expect(refused).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
    expect((await call('POST /v1/runs/1/complete', { ...as('agent'), ...json }, body)).status).toBe(201);
    const tooLarge = `{"x":"${'x'.repeat(12 * 1_048_576)}"}`;
    expect((await call('POST /v1/runs/1/complete', { ...as('agent'), ...json }, tooLarge)).status).toBe(413);
  });

  it('a body of another type', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const answer = await call('POST /v1/projects', { ...as('member'), 'content-type': type }, '{}');
      expect(answer).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
    }
    const untyped = await call('POST /v1/projects', as('member'), new TextEncoder().encode('{}'));
    expect(untyped).toMatchObject({ status: 415 });
    expect(stub.seen).toEqual([]);
  });

  it('too many requests of one key, and only of that', async () => {
    const strict = await startGateway('http://127.0.0.1:1', {
      RATE_LIMIT_PER_SECOND: '3',
    });
    strictOnes.push(strict);
    const ask = (role: string) => fetch(`${strict.url}/v1/nowhere`, { headers: as(role) });
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask('member')));
    expect(answers.map(({ status }) => status).sort()).toEqual([404, 404, 404, 429, 429]);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(await refused.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': '1',
      ratelimit: '"default";r=0;t=1',
      'ratelimit-policy': '"default";q=3;w=1',
    });
    expect((await ask('auditor')).status).toBe(404);
  });
});

describe('the gateway’s own documents', () => {
  it('are open to everybody', async () => {
    expect((await call('GET /health/live')).body).toEqual({ status: 'up' });
    expect((await call('GET /health/ready')).body).toMatchObject({ status: 'up' });
    const docs = await fetch(`${gateway.url}/docs`);
    expect(await docs.text()).toContain('swagger-ui');
    expect((await fetch(`${gateway.url}/docs/swagger-ui.css`)).headers.get('content-type')).toContain('text/css');
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain('http_server_request_duration_seconds');
  });

  it('merge the contracts of the services under the public paths', async () => {
    const { paths } = (await call('GET /openapi.json')).body;
    expect(paths['/v1/projects/{id}'].get).toMatchObject({ summary: 'one project', tags: ['query-api'] });
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/v1/runs/{runId}/complete', '/graphql']));
    expect(Object.keys(paths).filter((path) => path.includes('internal'))).toEqual([]);
  });

  it('tell an operator the state of the system', async () => {
    const { body } = await call('GET /v1/operations/status', as('operator'));
    expect(body).toEqual({
      services: [
        'gateway',
        'project',
        'work-item',
        'scheduler',
        'agent-manager',
        'notification',
        'audit',
        'projector',
        'query-api',
      ].map((name) => ({ name, status: 'up', since: expect.stringMatching(/^\d{4}-.*Z$/) })),
      projections: [{ name: 'p' }],
      relays: ['project', 'work-item', 'scheduler', 'agent-manager', 'notification', 'audit', 'projector'].map(
        (service) => ({
          service,
          lagMs: 3,
          pending: 1,
        }),
      ),
      queue: { depth: 7, oldestReadyMs: 20 },
      deadLetters: 14,
      waitingPartitions: 7,
      inboxesUnknown: [],
    });
  });

  it('have a page for GraphQL that needs nothing from elsewhere, but not in production', async () => {
    const page = await fetch(`${gateway.url}/graphql?query={__typename}`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const [, source] = /<script src="([^"]+)">/.exec(await page.text())!;
    const script = await (await fetch(gateway.url + source!)).text();
    expect(() => new Function(script)).not.toThrow();
    expect(stub.seen).toEqual([]);
    const closed = await startGateway(upstream, { NODE_ENV: 'production' });
    expect((await fetch(`${closed.url}/graphql`)).status).toBe(404);
    await closed.stop();
  });
});
