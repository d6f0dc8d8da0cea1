import { internalTokens, startGateway, tenantId, type GatewayUnderTest } from './gateway-under-test';
import { breaks, StubService } from './stub-service';

const services = ['PROJECT', 'WORK_ITEM', 'SCHEDULER', 'AGENT_MANAGER', 'NOTIFICATION', 'AUDIT', 'PROJECTOR'] as const;
type Service = (typeof services)[number];

const stubs = new Map(services.map((name) => [name, new StubService()]));
const kept = new Map<Service, { id: string; group: string }[]>();
let gateway: GatewayUnderTest;

const idOf = (n: number) => `0193b0a0-0000-7000-8000-${String(n).padStart(12, '0')}`;
const path = '/v1/operations/dead-letters';
const GROUP = 'X~apps.audit.src.consumer~handle';

beforeAll(async () => {
  const urls: Record<string, string> = {};
  for (const [name, stub] of stubs) urls[`${name}_URL`] = await stub.start();
  gateway = await startGateway(urls.PROJECT_URL!, urls, { upstreams: { failures: 1_000 } });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([...stubs.values()].map((stub) => stub.stop()));
});
beforeEach(() => {
  kept.clear();
  for (const [name, stub] of stubs) {
    stub.reset();
    stub.behaviour = (request, reply) => answer(name, request.method, request.url, reply);
  }
});

/** The inbox of one service as far as the gateway knows it. */
function answer(
  name: Service,
  method: string,
  url: string,
  reply: { code(status: number): { send(body: object): unknown } },
) {
  const { pathname, searchParams } = new URL(url, 'http://stub');
  const own = kept.get(name) ?? [];
  const [what, id, act] = pathname.split('/').slice(3);
  if (what === 'consumers' && id !== undefined) return reply.code(409).send(id === 'skip' ? movedOn : logKnown);
  if (what === 'consumers') return { items: [{ service: name }] };
  if (what === 'failure-groups') {
    const settled = own.filter(({ group }) => group === decodeURIComponent(id!)).length;
    return { service: name, settled, parkedAgain: 0, remaining: 0 };
  }
  if (id === undefined) return pageOf(own, searchParams);
  const letter = own.find((each) => each.id === id);
  if (letter === undefined) return reply.code(404).send({ code: 'NOT_FOUND' });
  if (act === undefined) return letter;
  return method === 'POST' && act === 'redrive' ? { id, status: 'redriven' } : reply.code(409).send(notParked);
}

const notParked = { code: 'DEAD_LETTER_NOT_PARKED', status: 409, instance: '/internal/secret' };
const logKnown = { code: 'LOG_KNOWN', status: 409 };
const movedOn = { code: 'CONSUMER_MOVED_ON', status: 409, instance: '/internal/secret' };

function pageOf(own: readonly { id: string; group: string }[], query: URLSearchParams) {
  const cursor = query.get('after');
  const after = cursor === null ? null : (JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string);
  const first = Number(query.get('first'));
  const group = query.get('group');
  const found = own
    .filter(({ id }) => after === null || id < after)
    .filter((letter) => group === null || letter.group === group)
    .toSorted((a, b) => (a.id < b.id ? 1 : -1));
  return { items: found.slice(0, first), pageInfo: { endCursor: null, hasNextPage: found.length > first } };
}

async function call(line: string, { role = 'operator', body }: { role?: string; body?: object } = {}) {
  const [method, target] = line.split(' ') as [string, string];
  const response = await fetch(gateway.url + target, {
    method,
    headers: { 'x-api-key': `key-${role}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, any> };
}

function seen(name: Service): string[] {
  return stubs.get(name)!.seen.map(({ method, url }) => `${method} ${url}`);
}

describe('the dead letters of all services', () => {
  it('are one list, newest first, in pages that miss and repeat nothing', async () => {
    const all = Array.from({ length: 23 }, (_, n) => ({ id: idOf(n), group: GROUP }));
    for (const [n, letter] of all.entries()) {
      const name = services[(n * n) % services.length]!;
      kept.set(name, [...(kept.get(name) ?? []), letter]);
    }
    const read: string[] = [];
    for (let after = ''; ;) {
      const { body } = await call(`GET ${path}?first=4&status=parked${after}`);
      read.push(...body.items.map(({ id }: { id: string }) => id));
      expect(body.unavailable).toEqual([]);
      if (!body.pageInfo.hasNextPage) break;
      after = `&after=${body.pageInfo.endCursor}`;
    }
    expect(read).toEqual(all.map(({ id }) => id).toReversed());
    expect(seen('AUDIT')[0]).toBe('GET /internal/inbox/dead-letters?first=4&status=parked');
  });

  it('name a service that does not answer, instead of leaving it out silently', async () => {
    kept.set('PROJECT', [{ id: idOf(1), group: GROUP }]);
    stubs.get('AUDIT')!.behaviour = breaks;
    stubs.get('PROJECTOR')!.behaviour = (_request, reply) => reply.code(503).send({ code: 'UPSTREAM_UNAVAILABLE' });
    const { status, body } = await call(`GET ${path}`);
    expect([status, body.items.length, body.unavailable]).toEqual([200, 1, ['audit', 'projector']]);
  });

  it('are filtered by service, group and status', async () => {
    kept.set('AUDIT', [
      { id: idOf(1), group: GROUP },
      { id: idOf(2), group: 'Y' },
    ]);
    kept.set('PROJECT', [{ id: idOf(3), group: GROUP }]);
    const { body } = await call(`GET ${path}?service=audit&group=${GROUP}`);
    expect(body.items).toEqual([{ id: idOf(1), group: GROUP }]);
    expect(seen('PROJECT')).toEqual([]);
  });

  it.each(['service=nobody', 'status=x', 'first=0', 'after=x', 'unknown=1'])('refuse ?%s', async (query) => {
    expect(await call(`GET ${path}?${query}`)).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
  });

  it('are for operators', async () => {
    const orders = ['skip', 'adopt'].map((what) => `POST /v1/operations/consumers/${what}`);
    const lines = [`GET ${path}`, `POST ${path}/${idOf(1)}/redrive`, 'GET /v1/operations/consumers'];
    for (const line of [...lines, `POST ${path}/groups/X/redrive`, ...orders]) {
      for (const role of ['member', 'auditor', 'agent']) {
        expect(await call(line, { role })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
      }
      expect((await call(line, { role: 'admin' })).status).not.toBe(403);
    }
  });
});

describe('an act on a dead letter', () => {
  beforeEach(() => kept.set('AUDIT', [{ id: idOf(7), group: GROUP }]));

  it('reaches the service that has it, and no other one, in the name of the operator', async () => {
    const answered = await call(`POST ${path}/${idOf(7)}/redrive`, { body: { reason: 'fixed' } });
    expect(answered).toMatchObject({ status: 200, body: { id: idOf(7), status: 'redriven' } });
    const posts = services.flatMap((name) => seen(name).filter((line) => line.startsWith('POST')));
    expect(posts).toEqual([`POST /internal/inbox/dead-letters/${idOf(7)}/redrive`]);
    const { headers, body } = stubs.get('AUDIT')!.seen.at(-1)!;
    expect(await internalTokens.verify(String(headers['x-internal-token']))).toMatchObject({
      ...{ actor: 'actor-operator', tenantId },
    });
    expect(JSON.parse(String(body))).toEqual({ reason: 'fixed' });
  });

  it('is refused as the service refuses it, with nothing of the inside', async () => {
    const { status, headers, body } = await call(`POST ${path}/${idOf(7)}/discard`, { body: { reason: 'no' } });
    expect([status, body.code]).toEqual([409, 'DEAD_LETTER_NOT_PARKED']);
    expect(body.instance).toBe(`${path}/${idOf(7)}/discard`);
    expect(headers.get('content-type')).toContain('application/problem+json');
  });

  it.each([
    ['discard', undefined],
    ['discard', {}],
    ['discard', { reason: ' ' }],
    ['discard', { reason: 'x', more: 1 }],
    ['redrive', { more: 1 }],
  ])('that is no order is refused: %s %j', async (act, body) => {
    const answered = await call(`POST ${path}/${idOf(7)}/${act}`, body ? { body } : {});
    expect(answered).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    expect(seen('AUDIT')).toEqual([]);
  });

  it('on one that nobody has is 404, but 503 while somebody does not answer', async () => {
    expect((await call(`POST ${path}/${idOf(8)}/redrive`)).status).toBe(404);
    expect((await call(`GET ${path}/${idOf(7)}`)).body).toEqual({ id: idOf(7), group: GROUP });
    stubs.get('PROJECT')!.behaviour = breaks;
    const answered = await call(`POST ${path}/${idOf(8)}/redrive`);
    expect(answered).toMatchObject({ status: 503, body: { code: 'UPSTREAM_UNAVAILABLE' } });
    expect(answered.body.detail).toContain('project');
    expect((await call(`POST ${path}/${idOf(7)}/redrive`)).status).toBe(200);
    expect((await call(`POST ${path}/no-uuid/redrive`)).status).toBe(400);
  });
});

describe('an act on a failure group', () => {
  const receipt = {
    ...{ group: GROUP, parkedAgain: 0, remaining: 0, unavailable: [] },
    services: [
      { service: 'SCHEDULER', settled: 1, parkedAgain: 0, remaining: 0 },
      { service: 'AUDIT', settled: 2, parkedAgain: 0, remaining: 0 },
    ],
  };
  beforeEach(() => {
    kept.set(
      'AUDIT',
      [7, 8].map((n) => ({ id: idOf(n), group: GROUP })),
    );
    kept.set('SCHEDULER', [{ id: idOf(9), group: GROUP }]);
  });

  it.each([
    [`POST ${path}/groups/${GROUP}/redrive`, undefined, { ...receipt, redriven: 3 }],
    [`POST ${path}/groups/${GROUP}/discard`, { reason: 'no' }, { ...receipt, discarded: 3 }],
    [`POST ${path}/redrive`, { group: GROUP }, { ...receipt, redriven: 3 }],
    [`POST ${path}/redrive?group=${GROUP}`, undefined, { ...receipt, redriven: 3 }],
    [`POST ${path}/discard`, { group: GROUP, reason: 'no' }, { ...receipt, discarded: 3 }],
    [`POST ${path}/discard?group=${GROUP}`, { reason: 'no' }, { ...receipt, discarded: 3 }],
  ])('%s %j reaches all services', async (line, body, expected) => {
    expect(await call(line, body ? { body } : {})).toMatchObject({ status: 200, body: expected });
  });

  it.each([
    [`POST ${path}/groups/${GROUP}/discard`, undefined],
    [`POST ${path}/discard`, { group: GROUP }],
    [`POST ${path}/redrive`, undefined],
  ])('needs a group, and a reason to discard: %s %j', async (line, body) => {
    expect(await call(line, body ? { body } : {})).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
  });

  it('names who could not be asked, and is 404 when nothing of it is parked', async () => {
    stubs.get('PROJECT')!.behaviour = breaks;
    expect((await call(`POST ${path}/groups/${GROUP}/redrive`)).body).toMatchObject({
      redriven: 3,
      unavailable: ['project'],
    });
    expect((await call(`POST ${path}/groups/unknown/redrive`)).status).toBe(503);
    stubs.get('PROJECT')!.behaviour = stubs.get('AUDIT')!.behaviour;
    kept.clear();
    expect((await call(`POST ${path}/groups/unknown/redrive`)).status).toBe(404);
  });
});

describe('consumers', () => {
  const at = { group: 'audit.recorder', topic: 't', partition: 0, offset: 5, eventId: 'e', reason: 'r' };

  it('are listed of all services, with the names of those that do not answer', async () => {
    stubs.get('SCHEDULER')!.behaviour = breaks;
    const { body } = await call('GET /v1/operations/consumers');
    expect(body.items).toHaveLength(6);
    expect(body.unavailable).toEqual(['scheduler']);
    expect((await call('GET /v1/operations/consumers?service=audit')).body.items).toEqual([{ service: 'AUDIT' }]);
  });

  it('are skipped at the service that the group is named after', async () => {
    const answered = await call('POST /v1/operations/consumers/skip', { body: at });
    expect(answered).toMatchObject({ status: 409, body: { code: 'CONSUMER_MOVED_ON' } });
    expect(JSON.parse(String(stubs.get('AUDIT')!.seen.at(-1)!.body))).toEqual(at);
    const others = services.filter((name) => name !== 'AUDIT').flatMap((name) => seen(name));
    expect(others).toEqual([]);
  });

  it.each([{ reason: undefined }, { offset: undefined }, { eventId: undefined }, { offset: -1 }, { more: 1 }])(
    'are not skipped without exactly %j',
    async (change) => {
      const answered = await call('POST /v1/operations/consumers/skip', { body: { ...at, ...change } });
      expect(answered).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    },
  );

  it('are told to adopt another log at the service that the group is named after', async () => {
    const order = { group: 'audit.recorder', reason: 'Kafka was lost' };
    const answered = await call('POST /v1/operations/consumers/adopt', { body: order });
    expect(answered).toMatchObject({ status: 409, body: { code: 'LOG_KNOWN' } });
    expect(stubs.get('AUDIT')!.seen.at(-1)).toMatchObject({ url: '/internal/inbox/consumers/adopt' });
    expect(JSON.parse(String(stubs.get('AUDIT')!.seen.at(-1)!.body))).toEqual(order);
    for (const body of [{ group: 'audit.recorder' }, { reason: 'r' }, { ...order, more: 1 }]) {
      expect((await call('POST /v1/operations/consumers/adopt', { body })).status).toBe(400);
    }
    const nobody = await call('POST /v1/operations/consumers/adopt', { body: { ...order, group: 'nobody.x' } });
    expect(nobody.status).toBe(404);
  });

  it('of nobody are not found', async () => {
    const answered = await call('POST /v1/operations/consumers/skip', { body: { ...at, group: 'nobody.x' } });
    expect(answered.status).toBe(404);
  });
});
