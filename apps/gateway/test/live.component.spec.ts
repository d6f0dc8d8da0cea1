import { request } from 'node:http';
import { eventually } from '@codex/testing';
import { WebSocket } from 'ws';
import { internalTokens, startGateway, tenantId, type GatewayUnderTest } from './gateway-under-test';
import { LiveService } from './live-service';
import { TokenIssuer } from './token-issuer';

const service = new LiveService();
let upstream: string;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  upstream = await service.start();
  gateway = await startGateway(upstream);
});
afterEach(() => service.reset());
afterAll(async () => {
  await gateway.stop();
  service.stop();
});

const as = (role: string) => ({ 'x-api-key': `key-${role}` });

async function follow(at: GatewayUnderTest, headers: Record<string, string> = as('member')) {
  const controller = new AbortController();
  const answer = await fetch(`${at.url}/v1/events?types=A`, { headers, signal: controller.signal });
  const seen = { text: '', isOver: false, error: null as unknown, leave: () => controller.abort(), answer };
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of answer.body!) seen.text += decoder.decode(chunk, { stream: true });
  };
  void read()
    .catch((error: unknown) => (seen.error = error))
    .finally(() => (seen.isOver = true));
  return seen;
}

function open(headers: Record<string, string> = {}, at = gateway) {
  const socket = new WebSocket(`${at.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
  const messages: string[] = [];
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  const refused = new Promise<number>((resolve) =>
    socket.on('unexpected-response', (_request, answer) => resolve(answer.resume().statusCode!)),
  );
  socket.on('error', () => undefined).on('message', (data: Buffer) => messages.push(data.toString()));
  const opened = new Promise<void>((resolve) => socket.on('open', () => resolve()));
  const send = async (...payloads: object[]): Promise<void> => {
    await opened;
    payloads.forEach((payload) => socket.send(JSON.stringify(payload)));
  };
  return { socket, messages, closed, refused, send };
}

const init = (payload?: object) => ({ type: 'connection_init', ...(payload && { payload }) });

describe('an event stream through the gateway', () => {
  it('comes as it is sent, for a caller the service knows by its token', async () => {
    const seen = await follow(gateway);
    expect(seen.answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await eventually(() => expect(seen.text).toBe('retry: 1000\nid: c0\n\n'));
    service.streams[0]!.write('id: c1\ndata: {}\n\n');
    await eventually(() => expect(seen.text).toBe('retry: 1000\nid: c0\n\nid: c1\ndata: {}\n\n'));
    const [headers] = service.seen as [(typeof service.seen)[number]];
    expect(await internalTokens.verify(String(headers['x-internal-token']))).toMatchObject({ tenantId });
    expect(headers).not.toHaveProperty('x-api-key');
    seen.leave();
    await eventually(() => service.streams[0]!.closed);
  });

  it('hands on what a client saw last', async () => {
    const seen = await follow(gateway, { ...as('member'), 'last-event-id': 'c9' });
    expect(service.seen[0]!['last-event-id']).toBe('c9');
    seen.leave();
    await eventually(() => service.streams[0]!.closed);
  });

  it('ends in order when the gateway stops, and does not keep it from stopping', async () => {
    const stopping = await startGateway(upstream);
    const seen = await follow(stopping);
    await eventually(() => seen.text !== '');
    await stopping.stop();
    await eventually(() => seen.isOver);
    expect(seen.error).toBeNull();
    await eventually(() => service.streams[0]!.closed);
  });

  it('ends after its longest time, whatever it was opened with', async () => {
    const brief = await startGateway(upstream, {}, { longestLiveMs: 300 });
    const seen = await follow(brief);
    await eventually(() => seen.isOver);
    expect([seen.text, seen.error]).toEqual(['retry: 1000\nid: c0\n\n', null]);
    await brief.stop();
  });

  it('breaks off when the service breaks off', async () => {
    const seen = await follow(gateway);
    await eventually(() => seen.text !== '');
    service.streams[0]!.destroy();
    await eventually(() => seen.isOver);
    expect(seen.error).not.toBeNull();
  });

  it.each([
    ['without credentials', {}, 401],
    ['for agents', as('agent'), 403],
  ])('is refused %s', async (_, headers, status) => {
    const answer = await fetch(`${gateway.url}/v1/events`, { headers: headers as Record<string, string> });
    expect(answer.status).toBe(status);
    expect(service.seen).toEqual([]);
  });
});

describe('subscriptions through the gateway', () => {
  it.each([
    ['headers', as('member'), undefined],
    ['the initialisation', {}, as('member')],
    ['the initialisation, in capitals', {}, { 'X-API-Key': 'key-member' }],
  ])('are for who shows credentials in %s, which end here', async (_, headers, payload) => {
    const client = open(headers as Record<string, string>);
    await client.send(init(payload), { type: 'ping' });
    await eventually(() => service.messages.length === 2);
    expect(service.messages).toEqual([{ type: 'connection_init' }, { type: 'ping' }]);
    const [seen] = service.seen as [(typeof service.seen)[number]];
    expect(seen).not.toHaveProperty('x-api-key');
    expect(await internalTokens.verify(String(seen['x-internal-token']))).toMatchObject({ roles: ['member'] });
    service.sockets[0]!.send('{"type":"connection_ack"}');
    await eventually(() => expect(client.messages).toEqual(['{"type":"connection_ack"}']));
    client.socket.close();
    await eventually(() => service.sockets[0]!.readyState === WebSocket.CLOSED);
  });

  it.each([
    ['an unknown key', init({ 'x-api-key': 'wrong' }), 4401],
    ['no key', init(), 4401],
    ['a token where none are configured', init({ authorization: 'Bearer abc' }), 4401],
    ['the key of an agent', init(as('agent')), 4403],
    ['something else first', { type: 'subscribe', id: '1', payload: { query: 'x' } }, 4401],
    ['what is too large', { type: 'ping', payload: 'x'.repeat(70_000) }, 1009],
  ])('are closed after %s', async (_, message, code) => {
    const client = open();
    await client.send(message);
    expect(await client.closed).toBe(code);
    expect(service.seen).toEqual([]);
  });

  it('are closed after what is no message, and with another protocol', async () => {
    const client = open();
    client.socket.on('open', () => client.socket.send('hello'));
    expect(await client.closed).toBe(4400);
    const bare = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, { headers: as('member') });
    expect(await new Promise((resolve) => bare.on('close', resolve))).toBe(4406);
  });

  it('are refused before they begin with credentials that are none, and elsewhere than on /graphql', async () => {
    expect(await open({ 'x-api-key': 'wrong' }).refused).toBe(401);
    expect(await open(as('agent')).refused).toBe(403);
    const elsewhere = new WebSocket(`${gateway.url.replace('http', 'ws')}/v1/nowhere`, { headers: as('member') });
    elsewhere.on('error', () => undefined);
    const answer = await new Promise((resolve) =>
      elsewhere.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode)),
    );
    expect(answer).toBe(404);
  });

  it('end as the service ends them', async () => {
    const client = open(as('member'));
    await client.send(init());
    await eventually(() => service.sockets.length === 1);
    service.sockets[0]!.close(4409, 'Subscriber for 1 already exists');
    expect(await client.closed).toBe(4409);
    const other = open(as('member'));
    await other.send(init());
    await eventually(() => service.sockets.length === 2);
    service.sockets[1]!.terminate();
    expect(await other.closed).toBe(1011);
  });

  it('can be tried again when the service is away', async () => {
    service.refuses = true;
    const client = open(as('member'));
    await client.send(init());
    expect(await client.closed).toBe(1013);
  });

  it('end after their longest time, whatever they were opened with', async () => {
    const brief = await startGateway(upstream, {}, { longestLiveMs: 300 });
    const client = open(as('member'), brief);
    await client.send(init());
    expect(await client.closed).toBe(4403);
    await brief.stop();
  });

  it('end when the gateway stops', async () => {
    const stopping = await startGateway(upstream);
    const client = open(as('member'), stopping);
    await client.send(init());
    await eventually(() => service.sockets.length === 1);
    await stopping.stop();
    expect(await client.closed).toBe(1001);
    await eventually(() => service.sockets[0]!.readyState === WebSocket.CLOSED);
  });

  it('are closed when one sends more messages than requests are allowed', async () => {
    const strict = await startGateway(upstream, { RATE_LIMIT_PER_SECOND: '5' });
    const client = open(as('member'), strict);
    await client.send(init(), ...Array.from({ length: 10 }, () => ({ type: 'ping' })));
    expect(await client.closed).toBe(4429);
    await strict.stop();
  });

  it('do not change what other upgrades get: a plain answer', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'h2c' };
    const status = await new Promise((resolve) => {
      request(`${gateway.url}/health/live`, { headers }, (answer) => resolve(answer.resume().statusCode)).end();
    });
    expect(status).toBe(200);
  });
});

describe('live connections end with the token they were opened with', () => {
  it('in order, so that one may come back with another token', async () => {
    await using issuer = await TokenIssuer.start();
    const strict = await startGateway(upstream, issuer.environment);
    const headers = await issuer.headersFor(5);
    const stream = await follow(strict, headers);
    const sockets = [open(headers, strict), open({}, strict)];
    await sockets[0]!.send(init());
    await sockets[1]!.send(init(headers));
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([4403, 4403]);
    await eventually(() => stream.isOver);
    expect([stream.text, stream.error]).toEqual(['retry: 1000\nid: c0\n\n', null]);
    await eventually(() => service.streams[0]!.closed);
    expect(service.sockets).toHaveLength(2);
    await eventually(() => service.sockets.every(({ readyState }) => readyState === WebSocket.CLOSED));
    expect((await fetch(`${strict.url}/v1/events`, { headers })).status).toBe(401);
    await strict.stop();
  });
});
