import type { CommandRepliedData } from '@codex/contracts';
import { streamId, type RecordedEvent } from '@codex/event-sourcing';
import type { ConsumedMessage } from '@codex/kafka-messaging';
import {
  defaultHousekeeping,
  CommandService,
  createLogger,
  createService,
  InternalTokenIssuer,
  kafkaConfig,
  type Service,
} from '@codex/platform';
import { ProcessRunner, Watchdog } from '@codex/process-manager';
import { createTestDatabase, type TestDatabase } from '@codex/testing';
import { exportJWK, generateKeyPair } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { message, readOutbox, replyTo, TENANT, type SentMessage } from './messages';
import { factsConsumer } from '../src/messaging/facts.consumer';
import { processRepliesConsumer } from '../src/messaging/process-replies.consumer';
import { WorkItemModule } from '../src/work-item.module';

/** The real service on a real database; Kafka is away, so messages are read from the table and handed to the consumers. */
export class WorkItemUnderTest {
  private constructor(
    private readonly database: TestDatabase,
    private service: Service,
    private readonly keys: Keys,
  ) {}

  static async start(): Promise<WorkItemUnderTest> {
    const database = await createTestDatabase('work_item');
    const keys = await makeKeys();
    return new WorkItemUnderTest(database, await startService(database, keys), keys);
  }

  /** A crash and a new process: nothing that was only in memory is left. */
  async restart(): Promise<void> {
    await this.service.stop();
    this.service = await startService(this.database, this.keys);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.database.dispose();
  }

  get commands(): CommandService {
    return this.service.app.get(CommandService);
  }

  async http(method: 'GET' | 'POST' | 'PUT', url: string, request: HttpRequest = {}) {
    const { body, headers, tenantId = TENANT, roles = ['member', 'operator'] } = request;
    const token = await this.keys.issuer.tokenFor({ actor: 'key-test', tenantId, roles });
    const response = await this.service.app.inject({
      method,
      url,
      headers: { 'x-internal-token': token, ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    return { status: response.statusCode, headers: response.headers, body: response.json<Record<string, any>>() };
  }

  /** A metric without labels of its own. */
  async metric(name: string): Promise<number> {
    const { payload } = await this.service.app.inject('/metrics');
    const line = new RegExp(`^${name}(?:{[^}]*})? (\\S+)`, 'm').exec(payload);
    if (line === null) throw new Error(`there is no metric ${name}`);
    return Number(line[1]);
  }

  /** Answers a command the way another service would. */
  async reply(command: SentMessage, answer: Partial<CommandRepliedData> = {}, tenantId = TENANT): Promise<void> {
    await this.handleReplies([replyTo(command, answer, tenantId)]);
  }

  /** Accepts commands in one batch. */
  async replyAll(commands: readonly SentMessage[]): Promise<void> {
    await this.handleReplies(commands.map((command) => replyTo(command)));
  }

  private async handleReplies(messages: readonly ConsumedMessage[]): Promise<void> {
    const processes = this.service.app.get(ProcessRunner);
    const { transaction, handle } = processRepliesConsumer({ ...this.messaging(), processes });
    (await transaction((tx) => handle(messages, tx)))?.();
  }

  /** Creates an item and returns its ids. */
  async create(body: object = {}, projectId: string = uuidv7()): Promise<CreatedItem> {
    const response = await this.http('POST', `/v1/projects/${projectId}/work-items`, {
      body: { title: 'Look around', toolRecipe: { steps: [{ tool: 'noop', with: { durationMs: 1 } }] }, ...body },
    });
    if (response.status !== 202) throw new Error(`creation answered ${JSON.stringify(response)}`);
    return { id: response.body['id'], processId: response.body['processId'], projectId };
  }

  /** Lets other services accept these commands, one after the other. */
  async accept(workItemId: string, ...types: readonly string[]): Promise<void> {
    for (const type of types) await this.reply(await this.lastCommand(workItemId, type));
  }

  /** Lets another service refuse a command. */
  async refuse(workItemId: string, type: string, code: string): Promise<void> {
    const command = await this.lastCommand(workItemId, type);
    await this.reply(command, { outcome: 'refused', code, message: `refused: ${code}` });
  }

  /** Tells the service what others saw happen. */
  async facts(...events: readonly Parameters<typeof message>[0][]): Promise<void> {
    const { transaction, handle } = factsConsumer(this.messaging());
    (await transaction((tx) => handle(events.map(message), tx)))?.();
  }

  async driveDeadlines(): Promise<number> {
    const { pool } = this.commands;
    const runner = this.service.app.get(ProcessRunner);
    return new Watchdog({ ...this.messaging(), sql: pool, runner, onError: rethrow }).drive();
  }

  async events(category: 'WorkItem' | 'Process', id: string): Promise<readonly RecordedEvent[]> {
    return this.commands.store.read(streamId(category, id));
  }

  async states(id: string): Promise<readonly string[]> {
    const events = await this.events('WorkItem', id);
    return events.flatMap(({ type, data }) =>
      type === 'WorkItemStateChanged' ? [(data as { newState: string }).newState] : [],
    );
  }

  /** Commands and replies about a work item, oldest first. */
  async sent(workItemId: string): Promise<readonly SentMessage[]> {
    return (await readOutbox(this.commands)).filter(({ data }) => data['workItemId'] === workItemId);
  }

  /** Commands and replies addressed to a stream, oldest first. */
  async sentTo(stream: string): Promise<readonly SentMessage[]> {
    return (await readOutbox(this.commands)).filter((message) => message.stream === stream);
  }

  async lastCommand(workItemId: string, type: string): Promise<SentMessage> {
    const found = (await this.sent(workItemId)).findLast((sent) => sent.kind === 'command' && sent.type === type);
    if (found === undefined) throw new Error(`no ${type} was sent about ${workItemId}`);
    return found;
  }

  async deadlineOf(processId: string): Promise<Date | null> {
    const query = 'select due_at from process.deadlines where process_id = $1';
    return (await this.commands.pool.query<{ due_at: Date }>(query, [processId])).rows[0]?.due_at ?? null;
  }

  /** Process events in short: `type step`. */
  async story(processId: string): Promise<readonly string[]> {
    return (await this.events('Process', processId)).map(({ type, data }) =>
      [type.replace('Process', ''), (data as { step?: string }).step, (data as { phase?: string }).phase]
        .filter((part) => part !== undefined)
        .join(' '),
    );
  }

  async commandTypes(workItemId: string): Promise<readonly string[]> {
    return (await this.sent(workItemId)).filter(({ kind }) => kind === 'command').map(({ type }) => type);
  }

  private messaging() {
    const { store, cache } = this.commands;
    return { store, cache, newId: uuidv7, now: () => new Date() };
  }
}

function rethrow(error: unknown): never {
  throw error;
}

export interface CreatedItem {
  readonly id: string;
  readonly processId: string;
  readonly projectId: string;
}

export interface HttpRequest {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly tenantId?: string;
  readonly roles?: readonly string[];
}

interface Keys {
  readonly issuer: InternalTokenIssuer;
  readonly publicKey: never;
}

async function makeKeys(): Promise<Keys> {
  const pair = await generateKeyPair('EdDSA', { extractable: true });
  const issuer = new InternalTokenIssuer((await exportJWK(pair.privateKey)) as never);
  return { issuer, publicKey: (await exportJWK(pair.publicKey)) as never };
}

async function startService(database: TestDatabase, { publicKey }: Keys): Promise<Service> {
  const config = {
    http: { port: 0, host: '127.0.0.1', logLevel: 'silent' as const },
    internalAuth: { publicKey },
    housekeeping: defaultHousekeeping,
    database: { connectionString: database.url, maxConnections: 5 },
    kafka: kafkaConfig.parse({ KAFKA_BROKERS: '127.0.0.1:1' }),
  };
  const logger = createLogger('work-item', 'silent');
  const service = await createService(WorkItemModule.forRoot(config), { name: 'work-item', config, logger });
  await service.listen();
  const ready = async (): Promise<boolean> => (await service.app.inject('/v1/tools')).statusCode !== 503;
  while (!(await ready())) await new Promise((resolve) => setTimeout(resolve, 20));
  return service;
}
