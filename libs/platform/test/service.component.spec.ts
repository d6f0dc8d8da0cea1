import { generateKeyPairSync } from 'node:crypto';
import { connect } from 'node:net';
import { VersionMismatch } from '@codex/event-sourcing';
import { Body, Controller, Get, Module, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  commandMetadata,
  createLogger,
  createService,
  CurrentCaller,
  currentContext,
  idParams,
  InternalTokenIssuer,
  listQuery,
  Public,
  Roles,
  runOptions,
  sendReceipt,
  type Caller,
  type Ed25519Jwk,
  type Service,
} from '../src';

const createBody = z.strictObject({ name: z.string().min(1).max(200), nested: z.json().optional() });
const things = listQuery({ state: z.enum(['on', 'off']).optional() });

@Controller('v1/things')
class ThingsController {
  @Post()
  @Roles('member')
  create(
    @Body({ schema: createBody }) body: z.infer<typeof createBody>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const response = {
      body,
      metadata: commandMetadata(request),
      options: runOptions(request),
      consistencyToken: 'Thing-1@1',
    };
    return sendReceipt(reply, { response, replayed: body.name === 'again' }, { created: '/v1/things/1' });
  }

  @Post('archive')
  archive(
    @Body({ schema: z.strictObject({ reason: z.string().optional() }) }) body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return sendReceipt(reply, { response: { body }, replayed: false });
  }

  @Get()
  @Public()
  list(@Query({ schema: things }) query: z.infer<typeof things>) {
    return query;
  }

  @Get('me')
  me(@CurrentCaller() caller: Caller) {
    return { caller, correlationId: currentContext()?.correlationId };
  }

  @Get('boom')
  @Public()
  boom() {
    throw new Error('select secret from tables');
  }

  @Get(':id')
  @Public()
  get(@Param({ schema: idParams }) params: z.infer<typeof idParams>) {
    return params;
  }

  @Patch(':id')
  @Public()
  refuse() {
    throw new VersionMismatch('Thing-1', 1, 2);
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const keys = generateKeyPairSync('ed25519');
const jwk = (key: typeof keys.publicKey) => key.export({ format: 'jwk' }) as unknown as Ed25519Jwk;
const config = {
  http: { port: 0, host: '127.0.0.1', logLevel: 'silent' },
  internalAuth: { publicKey: jwk(keys.publicKey) },
};
const issuer = new InternalTokenIssuer(jwk(keys.privateKey));
const member: Caller = { actor: 'actor-1', tenantId: 'tenant-1', roles: ['member'] };

async function startService(): Promise<{ service: Service; url: string }> {
  const service = await createService(ThingsModule, {
    name: 'things',
    config,
    logger: createLogger('things', 'silent'),
  });
  const url = await service.listen();
  await service.started;
  return { service, url };
}

describe('a service', () => {
  let service: Service;
  let url: string;

  beforeAll(async () => ({ service, url } = await startService()));
  afterAll(() => service.stop());

  interface Call {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
    readonly as?: Caller | null;
  }

  async function call(path: string, { method = 'GET', headers = {}, body, as = member }: Call = {}) {
    const token: Record<string, string> = as === null ? {} : { 'x-internal-token': await issuer.tokenFor(as) };
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(url + path, {
      method,
      headers: { ...type, ...token, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, any> };
  }

  const create = (body: string, headers: Record<string, string> = {}) =>
    call('/v1/things', { method: 'POST', body, headers });

  it('answers a command with 201, its place and its token', async () => {
    const answer = await create('{"name":"x"}', { 'x-correlation-id': 'my.id-1' });
    expect(answer.status).toBe(201);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      location: '/v1/things/1',
      'x-consistency-token': 'Thing-1@1',
      'x-correlation-id': 'my.id-1',
    });
    expect(answer.body.metadata).toMatchObject({ actor: 'actor-1', tenantId: 'tenant-1', correlationId: 'my.id-1' });
    expect(answer.body.metadata.causationId).toBe(answer.body.metadata.commandId);
    expect((await create('{"name":"again"}')).headers.get('idempotent-replayed')).toBe('true');
  });

  it('takes an idempotency key and a version, whatever the order of the fields', async () => {
    const headers = { 'idempotency-key': 'k-1', 'if-match': '"7"' };
    const one = await create('{"name":"x","nested":{"a":1,"b":2}}', headers);
    const same = await create('{"nested":{"b":2,"a":1},"name":"x"}', headers);
    const other = await create('{"name":"y"}', headers);
    expect(one.body.options).toMatchObject({ idempotency: { key: 'POST /v1/things:k-1' }, ifVersion: 7 });
    expect(same.body.options).toEqual(one.body.options);
    expect(other.body.options.idempotency.fingerprint).not.toBe(one.body.options.idempotency.fingerprint);
  });

  it('takes no body for an empty one', async () => {
    expect(await call('/v1/things/archive', { method: 'POST' })).toMatchObject({ status: 200, body: { body: {} } });
    expect(await call('/v1/things/archive', { method: 'POST', body: '' })).toMatchObject({
      status: 200,
      body: { body: {} },
    });
  });

  const deep = `{"name":"x","nested":${'['.repeat(100)}${']'.repeat(100)}}`;
  it.each([
    ['a body that breaks off', '{"name":', 400, 'MALFORMED_JSON'],
    ['prototype poisoning', '{"__proto__":{"admin":true},"name":"x"}', 400, 'MALFORMED_JSON'],
    ['a wrong type', '{"name":1}', 400, 'VALIDATION_FAILED'],
    ['an unknown field', '{"name":"x","owner":"me"}', 400, 'VALIDATION_FAILED'],
    ['a body that is no object', '[]', 400, 'VALIDATION_FAILED'],
    ['a body that nests too deep', deep, 400, 'VALIDATION_FAILED'],
    ['a NUL', '{"name":"a\\u0000"}', 400, 'VALIDATION_FAILED'],
    ['half a character', '{"name":"a\\ud800"}', 400, 'VALIDATION_FAILED'],
    ['a body of more than 1 MiB', JSON.stringify({ name: 'x'.repeat(1_048_577) }), 413, 'PAYLOAD_TOO_LARGE'],
  ])('refuses %s', async (_, body, status, code) => {
    const answer = await create(body);
    expect(answer).toMatchObject({ status, body: { status, code, instance: '/v1/things' } });
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
  });

  it('keeps whole surrogate pairs and escaped backslashes', async () => {
    expect((await create('{"name":"\\ud83d\\ude00 \\\\u0000"}')).body.body.name).toBe('😀 \\u0000');
  });

  it('names each mistake by its path', async () => {
    expect((await create('{"name":"","owner":"me"}')).body.errors).toEqual([
      { path: 'name', message: expect.any(String) },
      { path: 'owner', message: 'is not known here' },
    ]);
  });

  it.each([
    ['another media type', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a malformed version', { 'if-match': 'W/"x"' }, 400, 'VALIDATION_FAILED'],
    ['an unprintable key', { 'idempotency-key': 'a b' }, 400, 'VALIDATION_FAILED'],
  ])('refuses %s', async (_, headers, status, code) => {
    expect(await create('{"name":"x"}', headers)).toMatchObject({ status, body: { code } });
  });

  it.each([
    ['/v1/things?unknown=1', 400, 'VALIDATION_FAILED'],
    ['/v1/things?first=0', 400, 'VALIDATION_FAILED'],
    ['/v1/things?state=%00', 400, 'VALIDATION_FAILED'],
    ['/v1/things/no-uuid', 400, 'VALIDATION_FAILED'],
    ['/v1/things/%E0%A4%A', 400, 'VALIDATION_FAILED'],
    ['/v1/nowhere', 404, 'NOT_FOUND'],
    [`/v1/things/${'x'.repeat(500)}`, 404, 'NOT_FOUND'],
    ['/v1/things/boom', 500, 'INTERNAL_ERROR'],
  ])('answers %s with %i %s', async (path, status, code) => {
    const answer = await call(path);
    expect(answer).toMatchObject({ status, body: { code, correlationId: answer.headers.get('x-correlation-id') } });
    expect(JSON.stringify(answer.body)).not.toContain('select');
  });

  it('answers a refusal of the domain by its table', async () => {
    expect(await call('/v1/things/1', { method: 'PATCH' })).toMatchObject({
      status: 412,
      body: { code: 'VERSION_MISMATCH' },
    });
  });

  it('lets nobody in without a token of the gateway', async () => {
    expect(await call('/v1/things/me', { as: null })).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    const forged = await call('/v1/things/me', { as: null, headers: { 'x-internal-token': 'forged' } });
    expect(forged).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
  });

  it('knows the caller, and checks its role', async () => {
    const answer = await call('/v1/things/me', { headers: { 'x-correlation-id': 'c-1' } });
    expect(answer.body).toEqual({ caller: member, correlationId: 'c-1' });
    const auditor = { ...member, roles: ['auditor'] };
    const refused = await call('/v1/things', { method: 'POST', body: '{"name":"x"}', as: auditor });
    expect(refused).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    const admin = { ...member, roles: ['admin'] };
    expect((await call('/v1/things', { method: 'POST', body: '{"name":"x"}', as: admin })).status).toBe(201);
  });

  it('replaces a malformed correlation id', async () => {
    const answer = await call('/v1/things/me', { headers: { 'x-correlation-id': 'a b' } });
    expect(answer.body.correlationId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('answers what is not HTTP at all', async () => {
    const { port } = new URL(url);
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('GARBAGE\r\n\r\n'));
      socket.on('data', (data) => resolve(String(data))).on('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*VALIDATION_FAILED/);
  });

  it('tells its health, its metrics and its contract to everybody', async () => {
    expect(await call('/health/live', { as: null })).toMatchObject({ status: 200 });
    expect((await call('/health/ready', { as: null })).body).toEqual({
      status: 'up',
      parts: { startup: { status: 'up' } },
    });
    const contract = await call('/openapi.json', { as: null });
    expect(contract.body.openapi).toMatch(/^3\.0/);
    const schema = contract.body.paths['/v1/things'].post.requestBody.content['application/json'].schema;
    expect(schema).toMatchObject({ type: 'object', required: ['name'], additionalProperties: false });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(
      /http_server_request_duration_seconds_count\{method="POST",route="\/v1\/things",status="201"/,
    );
  });
});

describe('a service at its edges', () => {
  it('is up but serves nothing until its start tasks are done, and names the part that is missing', async () => {
    const service = await createService(ThingsModule, {
      name: 'things',
      config,
      logger: createLogger('things', 'silent'),
    });
    const gate = Promise.withResolvers<void>();
    service.lifecycle.onStart('database', () => gate.promise);
    const url = await service.listen();
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      parts: { startup: { status: 'down', detail: 'waiting for database' } },
    });
    const refused = await fetch(`${url}/v1/things`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    gate.resolve();
    await service.started;
    expect((await fetch(`${url}/v1/things`)).status).toBe(200);
    await service.stop();
  });

  it('finishes what is in flight when it stops', async () => {
    const order: string[] = [];
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<string>();
    const service = await createService(ThingsModule, {
      name: 'things',
      config,
      logger: createLogger('things', 'silent'),
      configureServer: (server) => {
        server.get('/slow', async () => {
          entered.resolve();
          const text = await release.promise;
          order.push(text);
          return text;
        });
      },
    });
    const url = await service.listen();
    await service.started;
    service.lifecycle.onStop('connections', 'pool', () => void order.push('pool'));
    const answer = fetch(`${url}/slow`).then((response) => response.text());
    await entered.promise;
    const stopped = service.stop();
    release.resolve('done');
    expect(await answer).toBe('done');
    await stopped;
    expect(order).toEqual(['done', 'pool']);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });
});
