import { generateKeyPairSync } from 'node:crypto';
import { codec, schemaById } from '@codex/contracts';
import { kafkajsDriver, outgoingRecord, type KafkaProducer } from '@codex/kafka-messaging';
import {
  createLogger,
  createService,
  INTERNAL_TOKEN_HEADER,
  InternalTokenIssuer,
  kafkaConfig,
  type Ed25519Jwk,
  type Service,
} from '@codex/platform';
import { createTestDatabase, createTestTopics, serverAddresses, SseClient, type TestTopics } from '@codex/testing';
import { v7 as uuidv7 } from 'uuid';
import { registerGraphql } from '../src/graphql/register-graphql';
import { LiveFeed } from '../src/live/live-feed';
import type { LiveLimits } from '../src/live/live-limits';
import { QueryApiModule } from '../src/query-api.module';

export interface As {
  readonly tenantId?: string;
  readonly roles?: readonly string[];
  readonly actor?: string;
}

/** One replica of query-api that listens. */
export interface Replica {
  readonly url: string;
  readonly feed: LiveFeed;
  stop(): Promise<void>;
}

interface Parts {
  readonly topics: TestTopics<'work' | 'runs'>;
  readonly databaseUrl: string;
  readonly dispose: () => Promise<void>;
}

const PARTITIONS = 3;

/** Topics of its own, and replicas of query-api over them. */
export class LiveWorld implements AsyncDisposable {
  readonly tenantId = uuidv7();
  private readonly keys = generateKeyPairSync('ed25519');
  private readonly issuer = new InternalTokenIssuer(this.keys.privateKey.export({ format: 'jwk' }) as never);
  private readonly producer: KafkaProducer;
  private readonly replicas: Replica[] = [];
  private readonly clients: SseClient[] = [];
  private readonly versions = new Map<string, number>();

  private constructor(private readonly parts: Parts) {
    const driver = kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'live-spec' });
    this.producer = driver.producer();
  }

  static async create(): Promise<LiveWorld> {
    const database = await createTestDatabase('live');
    const topics = await createTestTopics(['work', 'runs'], { partitions: PARTITIONS });
    const dispose = async (): Promise<void> => void (await Promise.all([database.dispose(), topics.dispose()]));
    return new LiveWorld({ topics, databaseUrl: database.url, dispose });
  }

  async replica(live: Partial<LiveLimits> = {}): Promise<Replica> {
    const config = {
      http: { port: 0, host: '127.0.0.1', logLevel: 'silent' as const },
      internalAuth: { publicKey: this.keys.publicKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk },
      database: { connectionString: this.parts.databaseUrl, maxConnections: 2 },
      kafka: kafkaConfig.parse({
        KAFKA_BROKERS: serverAddresses().kafkaBrokers.join(),
        KAFKA_ALLOW_FINITE_RETENTION: 'true',
      }),
      agentManagerUrl: 'http://127.0.0.1:1',
    };
    const topics = Object.values(this.parts.topics.topics);
    const service: Service = await createService(QueryApiModule.forRoot(config, { live, topics }), {
      name: 'query-api',
      config,
      logger: createLogger('query-api', 'silent'),
      configureServer: (server, built) => registerGraphql(server, built, config),
    });
    const replica = { url: await service.listen(), feed: service.app.get(LiveFeed), stop: () => service.stop() };
    await service.started;
    this.replicas.push(replica);
    return replica;
  }

  async headers({ tenantId = this.tenantId, roles = ['member'], actor = 'spec' }: As = {}) {
    return { [INTERNAL_TOKEN_HEADER]: await this.issuer.tokenFor({ actor, tenantId, roles }) };
  }

  /** Follows `/v1/events`; resolves when the answer has begun. */
  async follow(replica: Replica, query = '', as: As & { readonly lastEventId?: string } = {}): Promise<SseClient> {
    const resume: Record<string, string> = as.lastEventId === undefined ? {} : { 'last-event-id': as.lastEventId };
    const client = await SseClient.open(`${replica.url}/v1/events${query}`, { ...(await this.headers(as)), ...resume });
    this.clients.push(client);
    return client;
  }

  /** Stores events in the log as a relay does; returns their names in the order of the arguments. */
  async publish(...events: readonly LiveFact[]): Promise<readonly string[]> {
    const records = events.map((event) => this.record(event));
    await this.producer.send(records.map(({ record }) => record));
    return records.map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.clients.forEach((client) => client.close());
    await Promise.all(this.replicas.map((replica) => replica.stop()));
    await this.producer.close();
    await this.parts.dispose();
  }

  private record({ type, stream, data, tenantId = this.tenantId }: LiveFact) {
    const version = (this.versions.get(stream) ?? 0) + 1;
    this.versions.set(stream, version);
    const { work, runs } = this.parts.topics.topics;
    const ids = { messageId: uuidv7(), commandId: uuidv7(), correlationId: 'story', causationId: 'cause' };
    const record = outgoingRecord(
      {
        ...{ kind: 'event', stream, version, tenantId, type, ...codec.encode(type, data) },
        ...{ metadata: { ...ids, actor: 'key-member' }, recordedAt: '2026-03-01T10:00:00.123456Z' },
      },
      {
        topicOf: () => (stream.startsWith('WorkItem-') ? work : runs),
        source: 'spec',
        schemaNameOf: (id) => schemaById(id).fullName,
      },
    );
    return { record, name: `${stream}@${version}` };
  }
}

/** An event to publish; the version follows. */
export interface LiveFact {
  readonly type: string;
  readonly stream: string;
  readonly data: object;
  readonly tenantId?: string;
}

/** A change of state of a work item. */
export function stateChanged(change: {
  readonly workItemId?: string;
  readonly projectId?: string;
  readonly tenantId?: string;
  readonly newState?: string;
}): LiveFact {
  const { workItemId = uuidv7(), projectId = uuidv7(), newState = 'scheduled', tenantId } = change;
  return {
    ...{ type: 'WorkItemStateChanged', stream: `WorkItem-${workItemId}`, ...(tenantId && { tenantId }) },
    data: {
      ...{ workItemId, projectId, previousState: 'draft', newState, changedBy: 'x', reason: null, attempt: 0 },
      ...{ runId: null, processId: null, result: null, error: null, artifacts: [] },
    },
  };
}

/** Progress of a run. */
export function runProgressed(runId: string, percent: number, projectId = uuidv7()): LiveFact {
  const about = { runId, workItemId: uuidv7(), projectId, attempt: 1, agentId: uuidv7() };
  return { type: 'RunProgressed', stream: `Run-${runId}`, data: { ...about, percent, message: 'half way' } };
}
