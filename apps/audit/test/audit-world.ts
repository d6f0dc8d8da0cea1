import { generateKeyPairSync } from 'node:crypto';
import { codec, contextOfType } from '@codex/contracts';
import type { MessageMetadata } from '@codex/event-sourcing';
import { inboxMigrations, kafkajsDriver, outgoingRecord, type ConsumedMessage } from '@codex/kafka-messaging';
import {
  defaultHousekeeping,
  createLogger,
  createService,
  INTERNAL_TOKEN_HEADER,
  InternalTokenIssuer,
  kafkaConfig,
  type Service,
} from '@codex/platform';
import { createPool, runMigrations } from '@codex/postgres';
import { createTestDatabase, createTestTopics, serverAddresses } from '@codex/testing';
import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { AuditModule } from '../src/audit.module';
import { auditMigrations } from '../src/persistence/audit.migrations';

/** A database with the audit store. */
export async function createAuditDatabase(): Promise<{ readonly pool: Pool } & AsyncDisposable> {
  const database = await createTestDatabase('audit');
  const pool = createPool({ connectionString: database.url, applicationName: 'audit-spec' });
  await runMigrations(pool, 'audit_meta.migrations', [...inboxMigrations, ...auditMigrations]);
  return {
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await database.dispose();
    },
  };
}

/** The service itself on a database and topics of its own. */
export async function createAuditService() {
  const [database, topics] = await Promise.all([
    createTestDatabase('audit'),
    createTestTopics(['project.events.v1', 'project.replies.v1'], { partitions: 3 }),
  ]);
  const { kafkaBrokers } = serverAddresses();
  const { privateKey } = generateKeyPairSync('ed25519');
  const { kty, crv, x, d } = privateKey.export({ format: 'jwk' }) as {
    kty: 'OKP';
    crv: 'Ed25519';
    x: string;
    d: string;
  };
  const config = {
    http: { port: 0, host: '127.0.0.1', logLevel: 'silent' as const },
    internalAuth: { publicKey: { kty, crv, x } },
    housekeeping: defaultHousekeeping,
    database: { connectionString: database.url, maxConnections: 5 },
    kafka: kafkaConfig.parse({ KAFKA_BROKERS: kafkaBrokers.join() }),
  };
  const logger = createLogger('audit', 'silent');
  const module = AuditModule.forRoot(config, Object.values(topics.topics));
  const service = await createService(module, { name: 'audit', config, logger });
  await service.listen();
  await service.started;
  const issuer = new InternalTokenIssuer({ kty, crv, x, d });
  const producer = kafkajsDriver({ brokers: kafkaBrokers, clientId: 'audit-spec', tls: false }).producer();
  const publish = (messages: readonly ConsumedMessage[]) => {
    const topicOf = ({ kind }: { kind: string }) =>
      topics.topics[kind === 'reply' ? 'project.replies.v1' : 'project.events.v1'];
    const addressing = { topicOf, source: 'project', schemaNameOf: () => 'spec' };
    return producer.send(
      messages.map(({ raw: data, id: messageId, actor, correlationId, causationId, commandId, ...message }) => {
        const metadata: MessageMetadata = { messageId, actor, correlationId, causationId, commandId };
        return outgoingRecord({ ...message, data, metadata }, addressing);
      }),
    );
  };
  const get = async (path: string, caller: { tenantId: string; roles?: readonly string[] }) => {
    const token = await issuer.tokenFor({
      actor: 'spec',
      tenantId: caller.tenantId,
      roles: caller.roles ?? ['auditor'],
    });
    const answer = await serverOf(service).inject({ url: path, headers: { [INTERNAL_TOKEN_HEADER]: token } });
    return { status: answer.statusCode, body: answer.json() };
  };
  const dispose = async (): Promise<void> => {
    await service.stop();
    await producer.close();
    await Promise.all([database.dispose(), topics.dispose()]);
  };
  return { publish, get, databaseUrl: database.url, [Symbol.asyncDispose]: dispose };
}

function serverOf(service: Service): FastifyInstance {
  return service.app.getHttpAdapter().getInstance() as FastifyInstance;
}

export const TENANT = '0190b6f0-0000-7000-8000-00000000000a';

/** `ProjectCreated` of a new project, unless something else is wanted. */
export function event(changes: Partial<ConsumedMessage> = {}): ConsumedMessage {
  const projectId = uuidv7();
  const data = { projectId, name: 'One', description: null, repositoryUrl: null, createdBy: 'key-member' };
  return message('ProjectCreated', data, { kind: 'event', stream: `Project-${projectId}`, version: 1, ...changes });
}

/** The answer to a command. */
export function reply(outcome: 'accepted' | 'refused', changes: Partial<ConsumedMessage> = {}): ConsumedMessage {
  const target = `Project-${uuidv7()}`;
  const data = {
    ...{ commandId: uuidv7(), commandType: 'ArchiveProject', target, outcome, actor: 'key-member' },
    ...{ code: outcome === 'refused' ? 'PROJECT_ARCHIVED' : null, message: null },
    ...{ workItemId: null, projectId: null, processId: null },
  };
  return message('CommandReplied', data, { kind: 'reply', stream: target, version: null, ...changes });
}

function message(type: string, data: object, about: Partial<ConsumedMessage>): ConsumedMessage {
  const { schemaId, data: raw } = codec.encode(type, data);
  const kind = about.kind ?? 'event';
  const topic = kind === 'event' ? `${contextOfType(type)}.events.v1` : 'project.replies.v1';
  return {
    ...{ topic, partition: 0, offset: '0', key: about.stream!, kind, id: uuidv7(), type, stream: about.stream! },
    ...{ version: null, tenantId: TENANT, actor: 'key-member', correlationId: 'c-1', causationId: 'cause' },
    ...{ commandId: 'command', recordedAt: '2026-03-01T10:00:00.123456Z', schemaId, data, raw, ...about },
  };
}
