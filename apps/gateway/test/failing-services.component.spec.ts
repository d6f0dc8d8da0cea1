import { eventually } from '@codex/testing';
import { startGateway, type GatewayUnderTest } from './gateway-under-test';
import { breaks, hangs, StubService } from './stub-service';

const stub = new StubService();
let gateway: GatewayUnderTest;
let upstream: string;

beforeEach(async () => {
  upstream = await stub.start();
  gateway = await startGateway(upstream, {}, tuning);
});
afterEach(async () => {
  await gateway.stop();
  await stub.stop();
  stub.reset();
});

const tuning = {
  timeouts: { command: 60_000, query: 60_000, 'long-poll': 60_000, live: 0 },
  upstreams: { probeIntervalMs: 20, maxConcurrent: { short: 2, long: 2 } },
};

async function call(line: string, signal?: AbortSignal, at = gateway) {
  const [method, path] = line.split(' ') as [string, string];
  const answer = await fetch(at.url + path, {
    method,
    headers: { 'x-api-key': 'key-admin' },
    ...(signal && { signal }),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
}

const unavailable = { status: 503, body: { code: 'UPSTREAM_UNAVAILABLE', detail: 'A service is not available' } };

describe('a service that fails', () => {
  it('is asked a query once more when the connection broke', async () => {
    stub.behaviour = (request, reply) => (stub.seen.length === 1 ? breaks(request, reply) : reply.send({ ok: true }));
    expect(await call('GET /v1/projects/1')).toMatchObject({ status: 200, body: { ok: true } });
    expect(stub.seen).toHaveLength(2);
  });

  it('is never given a command twice', async () => {
    stub.behaviour = breaks;
    for (const line of ['POST /v1/projects', 'PUT /v1/projects/1/vision', 'DELETE /v1/agents/1', 'POST /graphql']) {
      stub.seen.length = 0;
      expect(await call(line)).toMatchObject(unavailable);
      expect(stub.seen).toHaveLength(1);
    }
  });

  it('is not asked a third time', async () => {
    stub.behaviour = breaks;
    const answer = await call('GET /v1/projects/1');
    expect(answer).toMatchObject(unavailable);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(stub.seen).toHaveLength(2);
  });

  it('is cut off when it takes too long, and nothing is repeated', async () => {
    const timeouts = { ...tuning.timeouts, command: 500, query: 500 };
    const impatient = await startGateway(upstream, {}, { ...tuning, timeouts });
    stub.behaviour = hangs;
    for (const line of ['POST /v1/projects', 'GET /v1/projects/1']) {
      const answer = await call(line, undefined, impatient);
      expect(answer).toMatchObject({ status: 504, body: { code: 'UPSTREAM_TIMEOUT' } });
    }
    expect(stub.seen).toHaveLength(2);
    await impatient.stop();
  });

  it('may answer with any status of its own, which is passed on and is no failure', async () => {
    stub.behaviour = (_request, reply) =>
      reply.code(503).header('retry-after', '9').send({ code: 'READ_MODEL_BEHIND' });
    for (let round = 0; round < 8; round++) {
      const answer = await call('GET /v1/projects/1');
      expect(answer).toMatchObject({ status: 503, body: { code: 'READ_MODEL_BEHIND' } });
      expect(answer.headers.get('retry-after')).toBe('9');
    }
    expect(stub.seen).toHaveLength(8);
  });
});

describe('the breaker', () => {
  async function open(): Promise<void> {
    stub.ready = false;
    stub.behaviour = breaks;
    for (let round = 0; round < 5; round++) expect(await call('POST /v1/projects')).toMatchObject(unavailable);
    expect(stub.seen).toHaveLength(5);
  }

  it('opens after five failures in a row: the service is left alone', async () => {
    await open();
    stub.behaviour = null;
    const answer = await call('POST /v1/projects');
    expect(answer).toMatchObject(unavailable);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(stub.seen).toHaveLength(5);
    const ready = await fetch(`${gateway.url}/health/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'degraded' }]);
  });

  it('leaves the other services alone', async () => {
    await open();
    stub.behaviour = null;
    expect((await call('GET /v1/projects')).status).toBe(200);
  });

  it('closes early when the service answers its readiness probe', async () => {
    await open();
    stub.behaviour = null;
    stub.ready = true;
    await eventually(async () => (await call('POST /v1/projects')).status === 201);
  });

  it('survives a service that dies and comes back', async () => {
    await stub.stop();
    for (let round = 0; round < 6; round++) expect(await call('POST /v1/projects')).toMatchObject(unavailable);
    await stub.start();
    await eventually(async () => (await call('POST /v1/projects')).status === 201);
  });

  it('does not count an answer in between as a failure', async () => {
    for (let round = 0; round < 12; round++) {
      stub.behaviour = round % 4 === 3 ? null : breaks;
      await call('POST /v1/projects');
    }
    expect(stub.seen).toHaveLength(12);
  });
});

describe('the bulkhead', () => {
  it('refuses what exceeds its places and queue, and long polls take none of the places of commands', async () => {
    stub.behaviour = (request, reply) => (request.url.includes('claims') ? hangs(request, reply) : reply.send({}));
    const gone = new AbortController();
    const polls = [1, 2].map(() => call('POST /v1/agents/1/claims', gone.signal).catch(() => null));
    await eventually(() => stub.seen.length === 2);
    expect(await call('POST /v1/agents/1/claims')).toMatchObject(unavailable);
    expect((await call('POST /v1/agents/1/heartbeat')).status).toBe(200);
    gone.abort();
    await Promise.all(polls);
  });

  it('gives the place of a long poll back when its client goes, and tells the service', async () => {
    let closed = 0;
    stub.behaviour = (request, reply) => {
      request.raw.socket.once('close', () => closed++);
      return hangs(request, reply);
    };
    const gone = new AbortController();
    const polls = [1, 2].map(() => call('POST /v1/agents/1/claims', gone.signal).catch(() => null));
    await eventually(() => stub.seen.length === 2);
    gone.abort();
    await Promise.all(polls);
    await eventually(() => closed === 2);
    stub.behaviour = null;
    await eventually(async () => (await call('POST /v1/agents/1/claims')).status === 201);
  });
});

describe('the status of a service', () => {
  const statusOf = async (name: string) => {
    const { services } = (await call('GET /v1/operations/status')).body as {
      services: { name: string; status: string }[];
    };
    return services.find((service) => service.name === name)?.status;
  };

  it('is down when it does not answer, degraded when it is not ready', async () => {
    expect(await statusOf('project')).toBe('up');
    stub.ready = false;
    expect(await statusOf('project')).toBe('degraded');
    await stub.stop();
    expect(await statusOf('project')).toBe('down');
    expect(await statusOf('gateway')).toBe('up');
  });
});
