import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { TaskReadyData } from '@codex/contracts';
import type { RecordedEvent } from '@codex/event-sourcing';
import type { ConsumedMessage } from '@codex/kafka-messaging';
import {
  defaultHousekeeping,
  CommandService,
  createLogger,
  createService,
  INTERNAL_TOKEN_HEADER,
  InternalTokenIssuer,
  kafkaConfig,
  type Ed25519Jwk,
  type Role,
  type Service,
} from '@codex/platform';
import { createTestDatabase, eventually, type TestDatabase } from '@codex/testing';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { AgentManagerModule } from '../src/agent-manager.module';
import { allowLargeCompletions } from '../src/http/large-completions.plugin';
import { factsConsumer } from '../src/messaging/facts.consumer';
import { ClaimDesk } from '../src/application/claim-desk';

/** Nobody listens there: the service must work without Kafka, and messages are handed to its consumer directly. */
const NO_KAFKA = '127.0.0.1:1';

export interface Claimed {
  readonly runId: string;
  readonly workItemId: string;
  readonly projectId: string;
  readonly leaseToken: string;
  readonly attempt: number;
}

/** The real service over a real database, with messages instead of Kafka. */
export class AgentManagerFixture {
  private constructor(
    readonly tenantId: string,
    readonly service: Service,
    readonly database: TestDatabase | null,
    private readonly tokens: InternalTokenIssuer,
  ) {}

  /** A service with a database of its own, or another replica of one that runs. */
  static async start(replicaOf?: AgentManagerFixture): Promise<AgentManagerFixture> {
    const database = replicaOf === undefined ? await createTestDatabase('agent_manager') : null;
    return this.startOn(database, replicaOf);
  }

  /** A service of the same tenant on a new database that `fill` filled first. */
  static async restored(lost: AgentManagerFixture, fill: (url: string) => Promise<void>): Promise<AgentManagerFixture> {
    const database = await createTestDatabase('agent_manager');
    await fill(database.url);
    return this.startOn(database, lost);
  }

  private static async startOn(
    database: TestDatabase | null,
    sameAs: AgentManagerFixture | undefined,
  ): Promise<AgentManagerFixture> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const config = {
      http: { port: 0, host: '127.0.0.1', logLevel: 'silent' as const },
      internalAuth: { publicKey: publicKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk },
      housekeeping: defaultHousekeeping,
      runRetention: { runsMs: 30 * 86_400_000, artifactsMs: null },
      database: { connectionString: (database ?? sameAs!.database!).url, maxConnections: 12 },
      kafka: kafkaConfig.parse({ KAFKA_BROKERS: NO_KAFKA }),
    };
    const service = await createService(AgentManagerModule.forRoot(config), {
      name: 'agent-manager',
      config,
      configureServer: allowLargeCompletions,
      logger: createLogger('agent-manager', (process.env['TEST_LOG_LEVEL'] ?? 'silent') as 'silent'),
    });
    await service.listen();
    await eventually(() => service.lifecycle.servesRequests, { description: 'the service serves' });
    const issuer = new InternalTokenIssuer(privateKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk);
    return new AgentManagerFixture(sameAs?.tenantId ?? randomUUID(), service, database, issuer);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.database?.dispose();
  }

  get commands(): CommandService {
    return this.service.app.get(CommandService);
  }

  /** Runs SQL beside the service. */
  sql<Row extends object = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.commands.pool.query(text, values).then(({ rows }) => rows as Row[]);
  }

  async call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    options: { body?: object; role?: Role; tenantId?: string; headers?: Record<string, string> } = {},
  ): Promise<LightMyRequestResponse> {
    const { body, role = 'agent', tenantId = this.tenantId, headers = {} } = options;
    const token = await this.tokens.tokenFor({ actor: 'actor-1', tenantId, roles: [role] });
    const request: InjectOptions = { method, url: path, headers: { [INTERNAL_TOKEN_HEADER]: token, ...headers } };
    const server = this.service.app.getHttpAdapter().getInstance();
    return server.inject({ ...request, ...(body === undefined ? {} : { payload: body }) });
  }

  async token(tenantId = this.tenantId): Promise<string> {
    return this.tokens.tokenFor({ actor: 'actor-1', tenantId, roles: ['agent'] });
  }

  async register(
    agent: { name?: string; slots?: number; capabilities?: readonly string[]; tenantId?: string } = {},
  ): Promise<string> {
    const { name = randomUUID(), slots = 10, capabilities = ['noop'], tenantId } = agent;
    const response = await this.call('POST', '/v1/agents', { body: { name, capabilities, slots }, tenantId });
    return response.json<{ id: string }>().id;
  }

  async claim(agentId: string, max: number, waitMs = 0): Promise<readonly Claimed[]> {
    const response = await this.call('POST', `/v1/agents/${agentId}/claims`, { body: { max, waitMs } });
    if (response.statusCode !== 200) throw new Error(`claim: ${response.statusCode} ${response.body}`);
    return response.json<{ items: Claimed[] }>().items;
  }

  complete(claimed: Pick<Claimed, 'runId' | 'leaseToken'>, body: object = {}): Promise<LightMyRequestResponse> {
    return this.call('POST', `/v1/runs/${claimed.runId}/complete`, {
      body: { leaseToken: claimed.leaseToken, ...body },
    });
  }

  /** Hands messages to the consumer, in a transaction as the runtime would. */
  async receive(...messages: readonly Partial<ConsumedMessage>[]): Promise<void> {
    const consumer = factsConsumer(this.commands.store, () => this.service.app.get(ClaimDesk).queueChanged());
    const complete = messages.map((message) => this.message(message));
    const afterCommit = await consumer.transaction((tx) => consumer.handle(complete, tx));
    if (afterCommit) afterCommit();
  }

  /** Makes items ready to run, each with its own id unless one is given. */
  async ready(...tasks: readonly Partial<TaskReadyData>[]): Promise<readonly TaskReadyData[]> {
    const data = tasks.map((task) => readyTask(task));
    await this.receive(...data.map((task) => ({ type: 'TaskReady', stream: `Task-${task.workItemId}`, data: task })));
    return data;
  }

  /** The item is over: cancelled in its service. */
  async cancel(workItemId: string, newState: 'cancelled' | 'deleted' = 'cancelled'): Promise<void> {
    const data = { workItemId, projectId: randomUUID(), newState, reason: 'changed my mind' };
    await this.receive({ type: 'WorkItemStateChanged', stream: `WorkItem-${workItemId}`, data });
  }

  /** Sets how many runs of a project may run at once. */
  async limit(projectId: string, maxConcurrentRuns: number | null): Promise<void> {
    const data = { projectId, maxConcurrentRuns, maxOpenWorkItems: null, maxRunMinutesPerDay: null };
    await this.receive({ type: 'ProjectQuotaSet', stream: `ProjectQuota-${projectId}`, data });
  }

  /** Forgets all runs, so that the next test starts with an empty queue. */
  async drop(): Promise<void> {
    await this.sql('truncate agent_manager.runs, agent_manager.leases');
    this.queueChanged();
  }

  /** After changes behind the service's back. */
  queueChanged(): void {
    this.service.app.get(ClaimDesk).queueChanged();
  }

  async statusOf(workItemId: string): Promise<string | undefined> {
    const rows = await this.sql<{ status: string }>(
      'select status from agent_manager.runs where work_item_id = $1 order by attempt desc',
      [workItemId],
    );
    return rows[0]?.status;
  }

  /** Claims that wait for work right now. */
  waitingClaims(): number {
    return this.service.app.get(ClaimDesk).waiting;
  }

  async waitsAtTheDesk(): Promise<void> {
    await eventually(() => this.waitingClaims() > 0, { description: 'a claim waits' });
  }

  events(stream: string): Promise<readonly RecordedEvent[]> {
    return this.commands.store.read(stream);
  }

  async eventTypes(stream: string): Promise<readonly string[]> {
    return (await this.events(stream)).map(({ type }) => type);
  }

  private message(partial: Partial<ConsumedMessage>): ConsumedMessage {
    return {
      topic: 'scheduler.events.v1',
      partition: 0,
      offset: '0',
      key: '',
      kind: 'event',
      id: randomUUID(),
      version: 1,
      tenantId: this.tenantId,
      actor: 'actor-2',
      correlationId: 'correlation-1',
      commandId: '',
      causationId: randomUUID(),
      recordedAt: new Date().toISOString(),
      schemaId: 1,
      raw: Buffer.alloc(0),
      type: '',
      stream: '',
      data: undefined,
      ...partial,
    } as ConsumedMessage;
  }
}

/** A task that is ready, with the usual values where none are given. */
export function readyTask(task: Partial<TaskReadyData> = {}): TaskReadyData {
  const tools = task.tools ?? ['noop'];
  return {
    workItemId: randomUUID(),
    projectId: randomUUID(),
    attempt: 1,
    maxAttempts: 3,
    priority: 5,
    timeoutMs: null,
    toolRecipe: {
      steps: tools.map((tool) => ({
        tool,
        with: {},
      })),
    },
    tools,
    ...task,
  };
}
