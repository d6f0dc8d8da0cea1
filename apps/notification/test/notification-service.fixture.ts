import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NotifySubscribersData } from '@codex/contracts';
import type { ConsumedMessage } from '@codex/kafka-messaging';
import {
  defaultHousekeeping,
  CommandService,
  createLogger,
  createService,
  INTERNAL_TOKEN_HEADER,
  InternalTokenIssuer,
  kafkaConfig,
  type Caller,
  type Ed25519Jwk,
} from '@codex/platform';
import { createTestDatabase, eventually, type TestDatabase } from '@codex/testing';
import { v7 as uuidv7 } from 'uuid';
import { notifyCommandsConsumer } from '../src/messaging/notify-commands.consumer';
import { NotificationModule } from '../src/notification.module';

export const member: Caller = { actor: 'tester', tenantId: randomUUID(), roles: ['member'] };
export const stranger: Caller = { actor: 'stranger', tenantId: randomUUID(), roles: ['member'] };

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // A test looks into answers of every shape.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** The real service on a database of its own, without Kafka. Its delivery loop is not started: tests start their own. */
export interface NotificationService extends AsyncDisposable {
  readonly parts: CommandService;
  send(method: string, path: string, body?: unknown, options?: SendOptions): Promise<Answer>;
  /** Hands `NotifySubscribers` to the consumer, as one batch. */
  notify(...data: readonly NotifySubscribersData[]): Promise<readonly string[]>;
}

export interface SendOptions {
  readonly caller?: Caller;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function startNotificationService(allowPrivate = true): Promise<NotificationService> {
  const database = await createTestDatabase('notification');
  return serveNotification(database, allowPrivate);
}

/** The same on this database, which goes with it. */
export async function serveNotification(database: TestDatabase, allowPrivate = true): Promise<NotificationService> {
  const keys = generateKeyPairSync('ed25519');
  const issuer = new InternalTokenIssuer(keys.privateKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk);
  const config = {
    http: { port: 0, host: '127.0.0.1', logLevel: 'silent' as const },
    internalAuth: { publicKey: keys.publicKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk },
    housekeeping: defaultHousekeeping,
    database: { connectionString: database.url, maxConnections: 10 },
    kafka: kafkaConfig.parse({ KAFKA_BROKERS: '127.0.0.1:1' }),
    webhook: { allowPrivate },
  };
  const logger = createLogger('test', 'silent');
  const service = await createService(NotificationModule.forRoot(config), { name: 'notification', config, logger });
  void service.lifecycle.start();
  await eventually(() => service.lifecycle.servesRequests, { description: 'the service serves' });
  const parts = service.app.get(CommandService);
  const dispose = async (): Promise<void> => {
    await service.stop();
    await database.dispose();
  };
  const send: NotificationService['send'] = async (method, url, body, { caller = member, headers = {} } = {}) => {
    const answer = await service.app.inject({
      method: method as 'POST',
      url,
      headers: { [INTERNAL_TOKEN_HEADER]: await issuer.tokenFor(caller), ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
  };
  return { parts, send, notify: (...data) => notify(parts, data), [Symbol.asyncDispose]: dispose };
}

async function notify({ store, cache }: CommandService, list: readonly NotifySubscribersData[]): Promise<string[]> {
  const consumer = notifyCommandsConsumer(store, { cache, newId: uuidv7, deliveriesAdded: () => undefined });
  const messages = list.map((data) => {
    const id = uuidv7();
    const who = { tenantId: member.tenantId, actor: 'process', correlationId: `story-of-${id}` };
    return { id, kind: 'command', type: 'NotifySubscribers', stream: `WorkItem-${data.workItemId}`, ...who, data };
  });
  const handled = await consumer.transaction((tx) => consumer.handle(messages as unknown as ConsumedMessage[], tx));
  handled?.();
  return messages.map(({ id }) => id);
}

/** What the process of a new work item of this project asks. */
export function itemOf(projectId: string): NotifySubscribersData {
  return { workItemId: randomUUID(), projectId, processId: randomUUID(), title: 'Analyse it', createdBy: 'tester' };
}

/** What a receiver of webhooks got. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver that answers with what it is told, 204 otherwise. */
export async function startReceiver() {
  const received: Received[] = [];
  const answers: { status: number; headers?: Record<string, string> }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      const { status, headers = {} } = answers.shift() ?? { status: 204 };
      response.writeHead(status, headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const close = (): Promise<void> =>
    new Promise((resolve) => void (server.closeAllConnections(), server.close(() => resolve())));
  return { url, received, answers, close };
}
