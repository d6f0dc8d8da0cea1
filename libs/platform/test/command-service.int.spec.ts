import { generateKeyPairSync } from 'node:crypto';
import { topicCatalogue } from '@codex/contracts';
import type { Decider, DomainCommand, DomainEvent } from '@codex/event-sourcing';
import type { StoreTransaction } from '@codex/event-store-postgres';
import { kafkajsDriver, type ConsumedMessage } from '@codex/kafka-messaging';
import { createTestDatabase, eventually, serverAddresses, type TestDatabase } from '@codex/testing';
import { Controller, Inject, Module, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import {
  CommandService,
  CommandServiceModule,
  commandMetadata,
  createLogger,
  createService,
  databaseConfig,
  InternalTokenIssuer,
  kafkaConfig,
  loadConfig,
  runOptions,
  sendReceipt,
  type Ed25519Jwk,
  type Service,
} from '../src';

const probeDecider: Decider<DomainCommand, null, DomainEvent> = {
  category: 'Service',
  initialState: () => null,
  evolve: () => null,
  decide: () => [{ type: 'ServiceHealthChanged', data: { service: 'probe', status: 'up', details: {} } }],
};

@Controller('v1/probes')
class ProbesController {
  constructor(private readonly service: CommandService) {}

  @Post(':id')
  async probe(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const command = { type: 'Probe', data: {}, metadata: commandMetadata(request) };
    return sendReceipt(
      reply,
      await this.service.runner.run(probeDecider, `Service-${id}`, command, runOptions(request)),
    );
  }
}

const HEARD = Symbol('heard');

@Module({ controllers: [ProbesController] })
class ProbesModule {
  constructor(service: CommandService, @Inject(HEARD) heard: ConsumedMessage[]) {
    service.consume<StoreTransaction>({
      group: `platform-test.${uuidv7()}`,
      topics: ['system.events.v1'],
      handles: 'all',
      guard: false,
      transaction: (work) => service.store.transaction(work),
      handle: async (messages) => void heard.push(...messages),
    });
  }
}

const keys = generateKeyPairSync('ed25519');
const jwk = (key: typeof keys.publicKey) => key.export({ format: 'jwk' }) as unknown as Ed25519Jwk;
const caller = { actor: 'actor-1', tenantId: uuidv7(), roles: ['member'] };

async function serviceOn(databaseUrl: string, name: string, heard: ConsumedMessage[] = []): Promise<Service> {
  const config = loadConfig(
    { database: databaseConfig, kafka: kafkaConfig },
    { DATABASE_URL: databaseUrl, KAFKA_BROKERS: serverAddresses().kafkaBrokers.join(',') },
  );
  const root = {
    module: ProbesModule,
    imports: [CommandServiceModule.forRoot({ name, context: 'system', config })],
    providers: [{ provide: HEARD, useValue: heard }],
  };
  const http = { port: 0, host: '127.0.0.1', logLevel: 'silent' };
  const internalAuth = { publicKey: jwk(keys.publicKey) };
  return createService(root, { name, config: { http, internalAuth }, logger: createLogger(name, 'silent') });
}

async function call(url: string, path: string, method = 'GET') {
  const token = await new InternalTokenIssuer(jwk(keys.privateKey)).tokenFor(caller);
  const answer = await fetch(url + path, { method, headers: { 'x-internal-token': token } });
  return { status: answer.status, body: (await answer.json()) as Record<string, any> };
}

const readiness = async (url: string) => (await call(url, '/health/ready')).status;

beforeAll(async () => {
  const admin = kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'platform-test' }).admin();
  await admin.ensureTopics(topicCatalogue.filter(({ context }) => context === 'system'));
  await admin.close();
});

describe('a command service', () => {
  let database: TestDatabase;
  let service: Service;
  let url: string;
  const heard: ConsumedMessage[] = [];
  const name = `probe-${uuidv7()}`;

  beforeAll(async () => {
    database = await createTestDatabase('platform');
    service = await serviceOn(database.url, name, heard);
    url = await service.listen();
    await service.started;
  });
  afterAll(async () => {
    await service.stop();
    await database.dispose();
  });

  it('brings a command from HTTP through its store and Kafka to its consumer', async () => {
    const id = uuidv7();
    const { status, body } = await call(url, `/v1/probes/${id}`, 'POST');
    expect([status, body.version, body.events]).toEqual([200, 1, ['ServiceHealthChanged']]);
    await eventually(() => expect(heard.map(({ stream }) => stream)).toContain(`Service-${id}`));
    expect(heard.find(({ stream }) => stream === `Service-${id}`)).toMatchObject({
      type: 'ServiceHealthChanged',
      version: 1,
      tenantId: caller.tenantId,
      actor: 'actor-1',
    });
  });

  it('becomes ready, names its parts, and tells how far its relay is', async () => {
    await eventually(async () => expect(await readiness(url)).toBe(200));
    const { parts } = (await call(url, '/health/ready')).body;
    expect(Object.keys(parts)).toEqual([
      'startup',
      'database',
      'relay',
      expect.stringMatching(/^consumer platform-test/),
    ]);
    expect((await call(url, '/internal/relay/status')).body).toMatchObject({
      lagMs: expect.any(Number),
      pending: expect.any(Number),
    });
    expect((await fetch(`${url}/internal/relay/status`)).status).toBe(401);
  });

  it('publishes its own health', async () => {
    await eventually(() => expect(heard.map(({ data }) => (data as { service?: string }).service)).toContain(name), {
      timeoutMs: 30_000,
    });
  });
});

describe('a command service without its database', () => {
  it('is up, not ready, refuses commands, and recovers by itself', async () => {
    const reserved = await createTestDatabase('platform');
    await reserved.dispose();
    const service = await serviceOn(reserved.url, `probe-${uuidv7()}`);
    const url = await service.listen();
    expect((await call(url, '/health/live')).status).toBe(200);
    expect(await call(url, '/health/ready')).toMatchObject({
      status: 503,
      body: { parts: { database: { status: 'down' } } },
    });
    expect(await call(url, `/v1/probes/${uuidv7()}`, 'POST')).toMatchObject({
      status: 503,
      body: { code: 'UPSTREAM_UNAVAILABLE' },
    });
    const client = new Client({ connectionString: serverAddresses().databaseUrl });
    await client.connect();
    await client.query(`create database "${reserved.name}"`);
    await client.end();
    await service.started;
    expect((await call(url, `/v1/probes/${uuidv7()}`, 'POST')).status).toBe(200);
    await service.stop();
    await reserved.dispose();
  });
});
