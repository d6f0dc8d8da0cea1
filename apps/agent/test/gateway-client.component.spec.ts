import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatewayClient, type ClaimedRun } from '../src/gateway/gateway-client';
import { GatewayRefusal, GatewayUnavailable } from '../src/gateway/gateway-errors';

const run: ClaimedRun = {
  runId: 'r1',
  workItemId: 'w1',
  projectId: 'p1',
  attempt: 1,
  toolRecipe: { steps: [] },
  leaseToken: 'token',
  timeoutMs: null,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  correlationId: 'c1',
};

describe('the gateway client', () => {
  let server: Server;
  let client: GatewayClient;
  let answer: { status: number; body: string };
  let asked: { request: IncomingMessage; body: string }[];

  beforeEach(async () => {
    asked = [];
    answer = { status: 200, body: '{}' };
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        asked.push({ request, body: Buffer.concat(chunks).toString() });
        response.writeHead(answer.status).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = new GatewayClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'the-key', 4);
  });
  afterEach(async () => {
    await client.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const { signal } = new AbortController();
  const complete = (artifacts: readonly { name: string; mediaType: string; content: Buffer }[] = []) =>
    client.end(run, { kind: 'complete', result: { a: 1 }, artifacts }, signal);

  it('completes a run with its token, its correlation and its trace', async () => {
    await complete([{ name: 'a.txt', mediaType: 'text/plain', content: Buffer.from('hello') }]);
    const [{ request, body }] = asked as [(typeof asked)[number]];
    expect([request.method, request.url]).toEqual(['POST', '/v1/runs/r1/complete']);
    expect(request.headers).toMatchObject({
      'x-api-key': 'the-key',
      'x-correlation-id': 'c1',
      traceparent: run.traceparent,
      'content-type': 'application/json',
    });
    expect(JSON.parse(body)).toEqual({
      leaseToken: 'token',
      result: { a: 1 },
      artifacts: [{ name: 'a.txt', mediaType: 'text/plain', contentBase64: 'aGVsbG8=' }],
    });
  });

  it.each([
    [500, ''],
    [502, '<html>bad gateway</html>'],
    [503, '{"code":"UPSTREAM_UNAVAILABLE"}'],
    [429, '{"code":"RATE_LIMITED"}'],
    [200, 'not json'],
    [302, ''],
  ])('means try again by %i %s', async (status, body) => {
    answer = { status, body };
    await expect(complete()).rejects.toThrow(GatewayUnavailable);
  });

  it.each([
    [409, 'LEASE_LOST'],
    [404, 'NOT_FOUND'],
    [400, 'VALIDATION_FAILED'],
    [401, 'UNAUTHENTICATED'],
  ])('means no by %i %s', async (status, code) => {
    answer = { status, body: JSON.stringify({ code, detail: 'no' }) };
    await expect(complete()).rejects.toMatchObject({ constructor: GatewayRefusal, status, code });
  });

  it('means try again when nobody answers', async () => {
    const nobody = new GatewayClient('http://127.0.0.1:1', 'key', 1);
    await expect(nobody.heartbeat('a1', [])).rejects.toThrow(GatewayUnavailable);
    await nobody.close();
  });

  it('ends a call that was given up with the reason', async () => {
    const abort = new AbortController();
    abort.abort(new Error('stopping'));
    await expect(client.claim('a1', { max: 1, waitMs: 0 }, abort.signal)).rejects.toThrow('stopping');
  });
});
