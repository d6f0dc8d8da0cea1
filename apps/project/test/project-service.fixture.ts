import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { Ed25519Jwk } from '@codex/platform';
import {
  defaultHousekeeping,
  createLogger,
  createService,
  INTERNAL_TOKEN_HEADER,
  InternalTokenIssuer,
  CommandService,
  kafkaConfig,
  type Caller,
} from '@codex/platform';
import { createTestDatabase, eventually } from '@codex/testing';
import { ProjectModule } from '../src/project.module';

/** One answer of the service. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // A test looks into answers of every shape.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** The real service on a database of its own. Kafka is away, which it must bear. */
export interface ProjectService extends AsyncDisposable {
  readonly parts: CommandService;
  send(method: string, path: string, body?: unknown, options?: SendOptions): Promise<Answer>;
}

export interface SendOptions {
  readonly caller?: Caller;
  readonly headers?: Readonly<Record<string, string>>;
}

export const member: Caller = { actor: 'tester', tenantId: randomUUID(), roles: ['member'] };
export const stranger: Caller = { actor: 'stranger', tenantId: randomUUID(), roles: ['member'] };

export async function startProjectService(): Promise<ProjectService> {
  const database = await createTestDatabase('project');
  const keys = generateKeyPairSync('ed25519');
  const publicKey = keys.publicKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk;
  const issuer = new InternalTokenIssuer(keys.privateKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk);
  const config = configOf(database.url, publicKey);
  const logger = createLogger('test', 'silent');
  const service = await createService(ProjectModule.forRoot(config), { name: 'project', config, logger });
  void service.lifecycle.start();
  await eventually(() => service.lifecycle.servesRequests, { description: 'the service serves' });
  const send: ProjectService['send'] = async (method, url, body, { caller = member, headers = {} } = {}) => {
    const token = await issuer.tokenFor(caller);
    const answer = await service.app.inject({
      method: method as 'POST',
      url,
      headers: { [INTERNAL_TOKEN_HEADER]: token, ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
  };
  const dispose = async (): Promise<void> => {
    await service.stop();
    await database.dispose();
  };
  return { parts: service.app.get(CommandService), send, [Symbol.asyncDispose]: dispose };
}

function configOf(url: string, publicKey: Ed25519Jwk) {
  return {
    http: { port: 0, host: '127.0.0.1', logLevel: 'silent' as const },
    internalAuth: { publicKey },
    housekeeping: defaultHousekeeping,
    database: { connectionString: url, maxConnections: 10 },
    kafka: kafkaConfig.parse({ KAFKA_BROKERS: '127.0.0.1:1' }),
  };
}
