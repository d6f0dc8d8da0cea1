import { generateKeyPairSync } from 'node:crypto';
import { codec } from '@codex/contracts';
import { kafkajsDriver, outgoingRecord, type KafkaProducer } from '@codex/kafka-messaging';
import {
  defaultHousekeeping,
  createLogger,
  createService,
  INTERNAL_TOKEN_HEADER,
  InternalTokenIssuer,
  kafkaConfig,
  type Service,
} from '@codex/platform';
import { createTestDatabase, createTestTopics, eventually, serverAddresses, type TestDatabase } from '@codex/testing';
import type { FastifyInstance } from 'fastify';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { readModels } from '../src/projections/read-models';
import { ProjectorModule } from '../src/projector.module';

describe('the projector', () => {
  let database: TestDatabase;
  let topics: Awaited<ReturnType<typeof createTestTopics<'project.events.v1'>>>;
  let service: Service;
  let producer: KafkaProducer;
  let reader: Client;
  let issuer: InternalTokenIssuer;
  const projectIds = Array.from({ length: 30 }, () => uuidv7());

  beforeAll(async () => {
    database = await createTestDatabase('projector');
    topics = await createTestTopics(['project.events.v1'], { partitions: 2 });
    const { kafkaBrokers } = serverAddresses();
    producer = kafkajsDriver({ brokers: kafkaBrokers, clientId: 'projector-spec', tls: false }).producer();
    const { privateKey } = generateKeyPairSync('ed25519');
    const { kty, crv, x, d } = privateKey.export({ format: 'jwk' }) as {
      kty: 'OKP';
      crv: 'Ed25519';
      x: string;
      d: string;
    };
    issuer = new InternalTokenIssuer({ kty, crv, x, d });
    const config = {
      http: { port: 0, host: '127.0.0.1', logLevel: 'silent' as const },
      internalAuth: { publicKey: { kty, crv, x } },
      housekeeping: defaultHousekeeping,
      database: { connectionString: database.url, maxConnections: 5 },
      kafka: kafkaConfig.parse({ KAFKA_BROKERS: kafkaBrokers.join() }),
    };
    const own = readModels
      .filter(({ name }) => name === 'projects' || name === 'project_quotas')
      .map((projection) => ({ ...projection, topics: [topics.topics['project.events.v1']] }));
    const logger = createLogger('projector', 'silent');
    service = await createService(ProjectorModule.forRoot(config, own), { name: 'projector', config, logger });
    await service.listen();
    await service.started;
    await producer.send(projectIds.map(created));
    reader = new Client({ connectionString: database.url });
    await reader.connect();
    await eventually(async () => expect(await countOf('project.projects')).toBe(30));
  });

  afterAll(async () => {
    await reader.end();
    await service.stop();
    await producer.close();
    await Promise.all([database.dispose(), topics.dispose()]);
  });

  it('shows its projections to operators', async () => {
    const { body } = await call('GET', '/v1/operations/projections');
    expect(body.items).toEqual(
      ['projects', 'project_quotas'].map((name) => ({
        ...{ name, version: 1, state: 'running', reason: null, lagMs: expect.any(Number), parked: 0, rebuild: null },
        generations: [{ generation: 1, state: 'live', definitionVersion: 1, fenced: false, paused: false }],
      })),
    );
    expect((await call('GET', '/v1/operations/projections/projects')).body).toEqual(body.items[0]);
    expect((await call('GET', '/internal/projections/status')).body).toEqual({
      projections: ['projects', 'project_quotas'].map((name) => ({
        name,
        version: 1,
        lagMs: expect.any(Number),
        state: 'running',
      })),
    });
    expect((await call('GET', '/internal/inbox/dead-letters')).body).toEqual({
      ...{ items: [], pageInfo: { endCursor: null, hasNextPage: false } },
    });
  });

  it('rebuilds a read model, keeps the one before, and drops it when told to', async () => {
    const started = await call('POST', '/v1/operations/projections/projects/rebuild');
    expect(started).toMatchObject({ status: 202, body: { name: 'projects', generation: 2, state: 'building' } });
    const again = await call('POST', '/v1/operations/projections/projects/rebuild');
    expect(again.body.generation).toBe(2);
    const view = await eventually(
      async () => {
        const { body } = await call('GET', '/v1/operations/projections/projects');
        expect(body.rebuild.phase).toBe('swapped');
        return body;
      },
      { timeoutMs: 60_000 },
    );
    expect(view.rebuild).toMatchObject({ generation: 2, report: { equal: true, rebuilt: { rows: 30 } }, error: null });
    expect(view.generations).toMatchObject([
      { generation: 1, state: 'previous' },
      { generation: 2, state: 'live' },
    ]);
    const path = '/v1/operations/projections/projects/generations';
    expect(await call('DELETE', `${path}/2`)).toMatchObject({ status: 409, body: { code: 'GENERATION_IS_LIVE' } });
    expect(await call('DELETE', `${path}/1`)).toMatchObject({ status: 200, body: { name: 'projects' } });
    expect((await call('DELETE', `${path}/1`)).status).toBe(404);
    await eventually(async () => {
      const { rows } = await reader.query(`select distinct consumer_group as name from inbox.offsets order by 1`);
      expect(rows.map(({ name }) => name as string)).toEqual(['projector.project_quotas.g1', 'projector.projects.g2']);
    });
  });

  it('stands still while it is paused', async () => {
    expect((await call('POST', '/v1/operations/projections/projects/pause')).body).toMatchObject({ state: 'paused' });
    const refused = await call('POST', '/v1/operations/projections/projects/rebuild');
    expect(refused).toMatchObject({ status: 409, body: { code: 'PROJECTION_PAUSED' } });
    await producer.send([created(uuidv7())]);
    expect(await countOf('project.projects')).toBe(30);
    expect((await call('POST', '/v1/operations/projections/projects/resume')).status).toBe(200);
    await eventually(async () => expect(await countOf('project.projects')).toBe(31));
  });

  it('is for operators, and knows only its own', async () => {
    expect((await call('GET', '/v1/operations/projections', ['member'])).status).toBe(403);
    expect((await call('POST', '/v1/operations/projections/projects/rebuild', ['auditor'])).status).toBe(403);
    expect((await call('POST', '/v1/operations/projections/nothing/rebuild')).status).toBe(404);
    expect((await call('GET', '/internal/inbox/dead-letters?status=x')).status).toBe(400);
  });

  it('parks what it can not read, says so, and goes on when an operator gives it up', async () => {
    const id = uuidv7();
    await producer.send([{ ...created(id), value: Buffer.from('rubbish') }]);
    const [letter] = await eventually(async () => {
      const { body } = await call('GET', '/internal/inbox/dead-letters?status=parked');
      expect(body.items).toMatchObject([
        { service: 'projector', stream: `Project-${id}`, code: 'MESSAGE_BODY_INVALID', attempts: 1 },
      ]);
      return body.items as [{ id: string; consumerGroup: string }];
    });
    expect((await call('GET', '/v1/operations/projections/projects')).body.parked).toBe(1);
    expect((await call('GET', '/internal/inbox/status')).body).toEqual({ parked: 1, waiting: 0 });
    const { body: consumers } = await call('GET', '/internal/inbox/consumers');
    expect(consumers.items).toContainEqual(
      expect.objectContaining({ group: letter!.consumerGroup, state: 'running', parked: 1, waiting: [] }),
    );
    const again = await call('POST', `/internal/inbox/dead-letters/${letter!.id}/redrive`);
    expect(again).toMatchObject({ status: 200, body: { status: 'parked' } });
    const given = await call('POST', `/internal/inbox/dead-letters/${letter!.id}/discard`, ['operator'], {
      reason: 'x',
    });
    expect(given).toMatchObject({ status: 200, body: { status: 'discarded' } });
    expect((await call('GET', '/internal/inbox/status')).body).toEqual({ parked: 0, waiting: 0 });
  });

  it('has the history of its dead letters in an event table of its own, behind a relay', async () => {
    const { rows } = await reader.query(
      `select type, metadata ->> 'actor' as actor from event_store.events order by version`,
    );
    expect(rows).toEqual([
      { type: 'DeadLetterParked', actor: 'service:projector' },
      { type: 'DeadLetterParked', actor: 'spec' },
      { type: 'DeadLetterDiscarded', actor: 'spec' },
    ]);
    expect((await call('GET', '/internal/relay/status')).body).toMatchObject({ state: 'leader' });
  });

  function created(projectId: string) {
    const data = { projectId, name: 'One', description: null, repositoryUrl: null, createdBy: 'key' };
    const ids = { messageId: uuidv7(), commandId: 'c', correlationId: 'c', causationId: 'c', actor: 'key' };
    const addressing = {
      topicOf: () => topics.topics['project.events.v1'],
      source: 'project',
      schemaNameOf: () => 'spec',
    };
    const about = { kind: 'event', stream: `Project-${projectId}`, version: 1, type: 'ProjectCreated' } as const;
    const recordedAt = new Date().toISOString();
    const body = codec.encode('ProjectCreated', data);
    return outgoingRecord({ ...about, ...body, tenantId: uuidv7(), recordedAt, metadata: ids }, addressing);
  }

  async function call(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    roles: readonly string[] = ['operator'],
    payload?: object,
  ) {
    const token = await issuer.tokenFor({ actor: 'spec', tenantId: uuidv7(), roles });
    const server = service.app.getHttpAdapter().getInstance() as FastifyInstance;
    const answer = await server.inject({
      ...{ method, url, headers: { [INTERNAL_TOKEN_HEADER]: token } },
      ...(payload && { payload }),
    });
    return { status: answer.statusCode, body: answer.json() };
  }

  async function countOf(table: string): Promise<number> {
    return (await reader.query(`select count(*)::int as n from ${table}`)).rows[0].n as number;
  }
});
