import { generateKeyPairSync } from 'node:crypto';
import { codec, topicCatalogue } from '@codex/contracts';
import { Poison, Unavailable } from '@codex/event-sourcing';
import type { StoreTransaction } from '@codex/event-store-postgres';
import {
  kafkajsDriver,
  outgoingRecord,
  type ConsumedMessage,
  type ConsumerDeclaration,
  type KafkaProducer,
} from '@codex/kafka-messaging';
import { createPool } from '@codex/postgres';
import { createTestDatabase, createTestTopics, eventually, serverAddresses, type TestDatabase } from '@codex/testing';
import { Inject, Module } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import {
  CommandService,
  CommandServiceModule,
  createLogger,
  createService,
  databaseConfig,
  InternalTokenIssuer,
  kafkaConfig,
  loadConfig,
  SYSTEM_TENANT,
  type Ed25519Jwk,
  type Service,
} from '../src';

const WORLD = Symbol('world');
const tenantId = uuidv7();
const operator = { actor: 'actor-op', tenantId: uuidv7(), roles: ['operator'] };
const within = { timeoutMs: 30_000 };

/** What the consumers of the service under test meet. */
interface World {
  readonly name: string;
  readonly topic: string;
  /** By the name in the message: what handling it throws. */
  readonly failures: Map<string, Error>;
  readonly handled: string[];
  readonly events: ConsumedMessage<Record<string, unknown>>[];
}

@Module({})
class WorldModule {
  constructor(service: CommandService, @Inject(WORLD) world: World) {
    const transaction: ConsumerDeclaration<StoreTransaction>['transaction'] = (work) => service.store.transaction(work);
    const base = { handles: 'all', guard: true, transaction } as const;
    service.consume<StoreTransaction>({
      ...base,
      group: `${world.name}.main`,
      topics: [world.topic],
      handle: async (messages) => {
        for (const { data } of messages) {
          const { service: about } = data as { service: string };
          const failure = world.failures.get(about);
          if (failure !== undefined) throw failure;
          world.handled.push(about);
        }
      },
    });
    service.consume<StoreTransaction>({
      ...base,
      group: `${world.name}.listener`,
      topics: ['system.events.v1'],
      handle: async (messages) => {
        const own = messages.filter(({ type, data }) => type !== 'ServiceHealthChanged' && nameIn(data) === world.name);
        world.events.push(...(own as typeof world.events));
      },
    });
    service.consume<StoreTransaction>({
      ...base,
      group: `${world.name}.allergic`,
      topics: ['system.events.v1'],
      handle: async (messages) => {
        const own = messages.find(({ type, data }) => type !== 'ServiceHealthChanged' && nameIn(data) === world.name);
        if (own !== undefined) throw new Poison('ALLERGIC', 'can not stand dead letters');
      },
    });
  }
}

function broken(): Error {
  return new Poison('BROKEN', 'no');
}

function nameIn(data: unknown): string {
  return (data as { service: string }).service;
}

const keys = generateKeyPairSync('ed25519');
const jwk = (key: typeof keys.publicKey) => key.export({ format: 'jwk' }) as unknown as Ed25519Jwk;

async function serviceOf(world: World, databaseUrl: string): Promise<Service> {
  const { name } = world;
  const config = loadConfig(
    { database: databaseConfig, kafka: kafkaConfig },
    { DATABASE_URL: databaseUrl, KAFKA_BROKERS: serverAddresses().kafkaBrokers.join(',') },
  );
  const root = {
    module: WorldModule,
    imports: [CommandServiceModule.forRoot({ name, context: 'system', config })],
    providers: [{ provide: WORLD, useValue: world }],
  };
  const http = { port: 0, host: '127.0.0.1', logLevel: 'silent' };
  const options = { config: { http, internalAuth: { publicKey: jwk(keys.publicKey) } } };
  return createService(root, { name, ...options, logger: createLogger(name, 'silent') });
}

describe('the inbox of a service', () => {
  let database: TestDatabase;
  let topics: Awaited<ReturnType<typeof createTestTopics<'events'>>>;
  let producer: KafkaProducer;
  let service: Service;
  let url: string;
  let world: World;

  beforeAll(async () => {
    const driver = kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'inbox-spec' });
    const admin = driver.admin();
    await admin.ensureTopics(topicCatalogue.filter(({ context }) => context === 'system'));
    await admin.close();
    database = await createTestDatabase('inbox_operations');
    topics = await createTestTopics(['events'], { partitions: 1 });
    producer = driver.producer();
    const name = `probe-${uuidv7()}`;
    world = { name, topic: topics.topics.events, failures: new Map(), handled: [], events: [] };
    service = await serviceOf(world, database.url);
    url = await service.listen();
    await service.started;
  });
  afterAll(async () => {
    await service.stop();
    await producer.close();
    await Promise.all([database.dispose(), topics.dispose()]);
  });

  /** As if the group had processed the topic of a cluster that is gone. */
  async function forgetLog(group: string): Promise<void> {
    const pool = createPool({ connectionString: database.url, applicationName: 'inbox-spec' });
    await pool.query(`update inbox.logs set cluster_id = 'lost' where consumer_group = $1`, [group]);
    await pool.end();
  }

  async function call(method: string, path: string, body?: object, roles = operator.roles) {
    const token = await new InternalTokenIssuer(jwk(keys.privateKey)).tokenFor({ ...operator, roles });
    const headers = { 'x-internal-token': token, 'x-correlation-id': 'c-op', 'content-type': 'application/json' };
    const answer = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: answer.status, body: (await answer.json()) as Record<string, any> };
  }

  async function publish(
    about: string,
    stream = `Service-${uuidv7()}`,
    version = 1,
    owner = tenantId,
  ): Promise<string> {
    const body = codec.encode('ServiceHealthChanged', { service: about, status: 'up', details: {} });
    const metadata = {
      ...{ messageId: uuidv7(), commandId: 'cmd', correlationId: `c-${about}`, causationId: 'cause', actor: 'someone' },
    };
    const addressing = { topicOf: () => world.topic, source: 'spec', schemaNameOf: () => 'spec' };
    const place = { kind: 'event', stream, version, tenantId: owner, type: 'ServiceHealthChanged' } as const;
    await producer.send([
      outgoingRecord({ ...place, ...body, metadata, recordedAt: new Date().toISOString() }, addressing),
    ]);
    return stream;
  }

  const untilLetter = (stream: string, status = 'parked') =>
    eventually(async () => {
      const { body } = await call('GET', `/internal/inbox/dead-letters?first=200&status=${status}`);
      const letter = body.items.find((each: { stream: string }) => each.stream === stream);
      expect(letter).toBeDefined();
      return letter as Record<string, any>;
    }, within);
  const untilEvents = (stream: string, types: readonly string[]) =>
    eventually(() => {
      const own = world.events.filter(({ data }) => data.entity === stream);
      expect(own.map(({ type }) => type)).toEqual(types);
      return own;
    }, within);

  const decide = (id: string, act: string, body?: object) =>
    call('POST', `/internal/inbox/dead-letters/${id}/${act}`, body);

  it('shows what is parked and redrives it; both are events, with who did it and why', async () => {
    world.failures.set('one', broken());
    const stream = await publish('one');
    const letter = await untilLetter(stream);
    expect(letter).toMatchObject({
      ...{ service: world.name, consumerGroup: `${world.name}.main`, topic: world.topic, partition: 0, offset: 0 },
      ...{ stream, version: 1, type: 'ServiceHealthChanged', code: 'BROKEN', reason: 'Poison: no', attempts: 1 },
      ...{ status: 'parked', queued: 0, resolution: null, resolvedBy: null },
      group: 'BROKEN~libs.platform.test.inbox.int.spec~broken',
      firstAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect((await call('GET', `/internal/inbox/dead-letters/${letter.id}`)).body).toEqual(letter);
    const again = await decide(letter.id, 'redrive', { reason: 'perhaps' });
    expect(again).toMatchObject({
      status: 200,
      body: { id: letter.id, status: 'parked', events: ['DeadLetterParked'] },
    });
    world.failures.delete('one');
    const receipt = await decide(letter.id, 'redrive');
    expect(receipt).toEqual({
      status: 200,
      body: {
        ...{
          id: letter.id,
          commandId: expect.any(String),
          stream: `DeadLetter-${letter.id}`,
          released: 1,
          parkedBy: null,
        },
        ...{ status: 'redriven', events: ['DeadLetterRedriven'] },
      },
    });
    expect(world.handled).toContain('one');
    const [parked, failed, redriven] = await untilEvents(stream, [
      ...['DeadLetterParked', 'DeadLetterParked', 'DeadLetterRedriven'],
    ]);
    expect(parked).toMatchObject({
      ...{ stream: `DeadLetter-${letter.id}`, version: 1, tenantId, actor: `service:${world.name}` },
      ...{ correlationId: 'c-one', causationId: letter.eventId },
      data: {
        ...{ deadLetterId: letter.id, consumerGroup: `${world.name}.main`, offset: 0, entityVersion: 1, attempts: 1 },
        ...{ code: 'BROKEN', failure: 'Poison: no', failureGroup: letter.group, messageId: letter.eventId },
      },
    });
    expect(failed).toMatchObject({ version: 2, tenantId, actor: operator.actor, data: { attempts: 2 } });
    expect(redriven).toMatchObject({
      ...{ version: 3, tenantId, actor: operator.actor, correlationId: 'c-op', commandId: receipt.body.commandId },
    });
    expect(await decide(letter.id, 'redrive')).toMatchObject({ status: 409, body: { code: 'DEAD_LETTER_NOT_PARKED' } });
    expect(await decide(uuidv7(), 'redrive')).toMatchObject({ status: 404 });
  });

  it('discards with a reason only', async () => {
    world.failures.set('two', broken());
    const stream = await publish('two', undefined, 1, 'no-uuid');
    const { id } = await untilLetter(stream);
    for (const body of [undefined, {}, { reason: ' ' }]) expect((await decide(id, 'discard', body)).status).toBe(400);
    const receipt = await decide(id, 'discard', { reason: 'a test' });
    expect(receipt).toMatchObject({ status: 200, body: { status: 'discarded', events: ['DeadLetterDiscarded'] } });
    expect(await untilLetter(stream, 'discarded')).toMatchObject({ resolution: 'a test', resolvedBy: operator.actor });
    const [, discarded] = await untilEvents(stream, ['DeadLetterParked', 'DeadLetterDiscarded']);
    expect(discarded).toMatchObject({ tenantId: SYSTEM_TENANT, actor: operator.actor, data: { reason: 'a test' } });
  });

  it('settles a failure group in all its consumers', async () => {
    for (const name of ['a', 'b', 'c']) world.failures.set(name, broken());
    const streams = await Promise.all(['a', 'b', 'c'].map((name) => publish(name)));
    const letters = await Promise.all(streams.map((stream) => untilLetter(stream)));
    const group = encodeURIComponent(letters[0]!.group as string);
    expect((await call('POST', `/internal/inbox/failure-groups/${group}/discard`)).status).toBe(400);
    world.failures.delete('b');
    const path = `/internal/inbox/failure-groups/${group}`;
    expect(await call('POST', `${path}/redrive`)).toEqual({
      status: 200,
      body: { service: world.name, settled: 1, parkedAgain: 2, remaining: 2 },
    });
    expect((await call('POST', `${path}/discard`, { reason: 'enough' })).body).toMatchObject({
      settled: 2,
      remaining: 0,
    });
    expect((await call('POST', `${path}/discard`, { reason: 'enough' })).body).toMatchObject({
      settled: 0,
      remaining: 0,
    });
  });

  it('shows where a partition waits, and takes it past exactly that message', async () => {
    world.failures.set('slow', new Unavailable('the other side'));
    const stream = await publish('slow');
    const consumer = await eventually(async () => {
      const { body } = await call('GET', '/internal/inbox/consumers');
      const own = body.items.find(({ group }: { group: string }) => group === `${world.name}.main`);
      expect(own).toMatchObject({ state: 'waiting', waiting: [{ stream }] });
      return own;
    }, within);
    const [at] = consumer.waiting;
    expect(consumer.error).toBe('Unavailable: the other side is not available');
    expect(at).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', since: expect.stringMatching(/Z$/), topic: world.topic });
    expect((await call('GET', '/internal/inbox/status')).body.waiting).toBe(1);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(new RegExp(`consumer_waiting_partitions{group="${world.name}\\.main"[^}]*} 1`));
    const { topic, partition, offset, eventId } = at;
    const order = { group: `${world.name}.main`, topic, partition, offset, eventId, reason: 'in a hurry' };
    const skip = (change: object = {}) => call('POST', '/internal/inbox/consumers/skip', { ...order, ...change });
    const movedOn = { status: 409, body: { code: 'CONSUMER_MOVED_ON' } };
    expect(await skip({ offset: offset + 1 })).toMatchObject(movedOn);
    expect(await skip({ eventId: 'another' })).toMatchObject(movedOn);
    expect((await skip({ reason: undefined })).status).toBe(400);
    expect(await skip({ group: 'nobody.x' })).toMatchObject({ status: 409, body: { code: 'CONSUMER_NOT_RUNNING' } });
    const receipt = await skip();
    expect(receipt).toMatchObject({ status: 200, body: { events: ['ConsumerMessageSkipped'], service: world.name } });
    expect(await skip()).toMatchObject(movedOn);
    expect(await untilLetter(stream)).toMatchObject({ id: receipt.body.id, code: 'UPSTREAM_UNAVAILABLE' });
    await publish('after');
    await eventually(() => expect(world.handled).toContain('after'), within);
    const [skipped] = await untilEvents(stream, ['ConsumerMessageSkipped']);
    expect(skipped).toMatchObject({
      ...{ actor: operator.actor, tenantId },
      data: { reason: 'in a hurry', offset, messageId: eventId, waitingSince: expect.any(String) },
    });
  });

  it('goes on with another log when an operator says so, and records who and why', async () => {
    await publish('before');
    await eventually(() => expect(world.handled).toContain('before'), within);
    const order = { group: `${world.name}.main`, reason: 'Kafka was lost' };
    const adopt = (change: object = {}) => call('POST', '/internal/inbox/consumers/adopt', { ...order, ...change });
    expect(await adopt()).toMatchObject({ status: 409, body: { code: 'LOG_KNOWN' } });
    expect((await adopt({ reason: undefined })).status).toBe(400);
    expect(await adopt({ group: 'nobody.x' })).toMatchObject({ status: 409, body: { code: 'CONSUMER_NOT_RUNNING' } });
    const handled = world.handled.length;
    await forgetLog(order.group);
    const { status, body } = await adopt();
    expect({ status, ...body }).toMatchObject({ status: 200, events: ['ConsumerLogAdopted'], service: world.name });
    await publish('new');
    await eventually(() => expect(world.handled).toContain('new'), within);
    expect(world.handled).toHaveLength(handled + 1);
    await eventually(() => {
      const event = world.events.find(({ stream }) => stream === body.stream);
      const logs = [{ topic: world.topic, incarnation: 1, processed: expect.stringContaining('cluster lost') }];
      expect(event).toMatchObject({
        ...{ type: 'ConsumerLogAdopted', actor: operator.actor, tenantId: SYSTEM_TENANT },
        data: { adoptionId: body.id, consumerGroup: order.group, reason: 'Kafka was lost', logs },
      });
    }, within);
    expect(await adopt()).toMatchObject({ status: 409, body: { code: 'LOG_KNOWN' } });
  });

  it('does not feed on itself where the history of dead letters is a dead letter', async () => {
    world.failures.set('seed', broken());
    const { id } = await untilLetter(await publish('seed'));
    await untilLetter(`DeadLetter-${id}`);
    const echoes = (await call('GET', '/internal/inbox/dead-letters?first=200')).body.items.filter(
      ({ consumerGroup }: { consumerGroup: string }) => consumerGroup === `${world.name}.allergic`,
    );
    expect(echoes.length).toBeGreaterThan(3);
    const marker = await publish('marker-1');
    world.failures.set('marker-2', broken());
    const last = await untilLetter(await publish('marker-2', marker, 2));
    await untilEvents(last.stream, ['DeadLetterParked']);
    const about = world.events.filter(({ data }) => String(data.entity).startsWith('DeadLetter-'));
    expect(about.map(({ type }) => type)).toEqual([]);
  });

  it('measures what is parked, and is for operators', async () => {
    await eventually(async () => {
      const { parked } = (await call('GET', '/internal/inbox/status')).body;
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const values = [...metrics.matchAll(/^dead_letters_parked{[^}]*} (\d+)/gm)].map((match) => Number(match[1]));
      expect(values.reduce((sum, value) => sum + value, 0)).toBe(parked);
      expect(parked).toBeGreaterThan(0);
    }, within);
    for (const path of ['status', 'consumers', 'dead-letters', `dead-letters/${uuidv7()}`]) {
      expect((await call('GET', `/internal/inbox/${path}`, undefined, ['member', 'auditor'])).status).toBe(403);
    }
    expect((await call('GET', '/internal/inbox/dead-letters?more=1')).status).toBe(400);
  });
});
