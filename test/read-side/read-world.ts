import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inboxMigrations, type ConsumedMessage } from '@codex/kafka-messaging';
import {
  createLogger,
  createService,
  INTERNAL_TOKEN_HEADER,
  InternalTokenIssuer,
  kafkaConfig,
  type Service,
} from '@codex/platform';
import { createPool, inTransaction, runMigrations, type Sql } from '@codex/postgres';
import { generationGroup, GenerationRegistry, projectionHandler, projectionMigrations } from '@codex/projections';
import { createTestDatabase, serverAddresses } from '@codex/testing';
import type { FastifyInstance } from 'fastify';
import { Client, type Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { readModels } from '../../apps/projector/src/projections/read-models';
import { registerGraphql } from '../../apps/query-api/src/graphql/register-graphql';
import { QueryApiModule } from '../../apps/query-api/src/query-api.module';
import { Story } from './story';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- specs look at whatever was answered
  readonly body: any;
}

export interface AskOptions {
  readonly tenantId?: string;
  readonly roles?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A read database with every read model, and query-api over it with the role that can only read. */
export class ReadWorld implements AsyncDisposable {
  readonly tenantId = uuidv7();
  readonly story = new Story(this.tenantId);
  /** What agent-manager answers, by path; anything else is 404. */
  readonly agentManager = new Map<string, unknown>();

  private constructor(
    readonly pool: Pool,
    private readonly parts: {
      readonly service: Service;
      readonly issuer: InternalTokenIssuer;
      readonly readerUrl: string;
      readonly dispose: () => Promise<void>;
    },
  ) {}

  static async create(): Promise<ReadWorld> {
    const database = await createTestDatabase('read_side');
    const pool = createPool({ connectionString: database.url, applicationName: 'read-side-spec' });
    const reader = await createReader(pool, database.url);
    await runMigrations(pool, 'projections_meta.migrations', [...inboxMigrations, ...projectionMigrations]);
    for (const projection of readModels) await new GenerationRegistry(pool).ensureLive(projection);
    const { privateKey } = generateKeyPairSync('ed25519');
    const { kty, crv, x, d } = privateKey.export({ format: 'jwk' }) as {
      kty: 'OKP';
      crv: 'Ed25519';
      x: string;
      d: string;
    };
    const answers = new Map<string, unknown>();
    const agentManager = await answering(answers);
    const config = {
      http: { port: 0, host: '127.0.0.1', logLevel: 'silent' as const },
      internalAuth: { publicKey: { kty, crv, x } },
      database: { connectionString: reader.url, maxConnections: 5 },
      kafka: kafkaConfig.parse({
        KAFKA_BROKERS: serverAddresses().kafkaBrokers.join(),
        KAFKA_ALLOW_FINITE_RETENTION: 'true',
      }),
      agentManagerUrl: `http://127.0.0.1:${(agentManager.address() as AddressInfo).port}`,
    };
    const service = await createService(QueryApiModule.forRoot(config), {
      name: 'query-api',
      config,
      logger: createLogger('query-api', 'silent'),
      configureServer: (server, built) => registerGraphql(server, built, config),
    });
    await service.listen();
    await service.started;
    const dispose = async (): Promise<void> => {
      await service.stop();
      agentManager.close();
      await pool.query(`drop owned by ${reader.role}; drop role ${reader.role}`);
      await pool.end();
      await database.dispose();
    };
    const issuer = new InternalTokenIssuer({ kty, crv, x, d });
    const world = new ReadWorld(pool, { service, issuer, readerUrl: reader.url, dispose });
    Object.assign(world, { agentManager: answers });
    return world;
  }

  /** Applies everything that was told since the last time, as the projector would. */
  async apply(story: Story = this.story): Promise<void> {
    const messages = story.messages.splice(0);
    await inTransaction(this.pool, async (tx) => {
      for (const projection of readModels) {
        const { name, topics, category } = projection;
        const { rows } = await tx.query<{ generation: number }>(
          `select generation from projections.generations where projection = $1 and state = 'live'`,
          [name],
        );
        const { generation } = rows[0]!;
        const own = messages.filter(
          ({ topic, stream }) => topics.includes(topic) && (category === null || stream.startsWith(`${category}-`)),
        );
        await projectionHandler(projection, generation)(own, tx);
        for (const message of own) await guard(tx, generationGroup(name, generation), message);
      }
    });
  }

  get(path: string, options: AskOptions = {}): Promise<Answer> {
    return this.ask('GET', path, undefined, options);
  }

  graphql(query: string, variables: object = {}, options: AskOptions = {}): Promise<Answer> {
    return this.ask('POST', '/graphql', { query, variables }, options);
  }

  post(path: string, body: object): Promise<Answer> {
    return this.ask('POST', path, body, {});
  }

  /** How many statements the work sends to the database, from this process. */
  async statementsOf(work: () => Promise<unknown>): Promise<number> {
    const spy = jest.spyOn(Client.prototype, 'query');
    try {
      await work();
      return spy.mock.calls.length;
    } finally {
      spy.mockRestore();
    }
  }

  /** Rebuilds and swaps a read model a few times, asking all the while. */
  async whileReplacing(name: string, ask: () => Promise<Answer>): Promise<readonly Answer[]> {
    const projection = readModels.find((one) => one.name === name)!;
    const registry = new GenerationRegistry(this.pool);
    const answers: Answer[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const { generation } = await registry.open(projection);
      const { rows } = await this.pool.query<{ generation: number }>(
        `select generation from projections.generations where projection = $1 and state = 'live'`,
        [name],
      );
      const { schema } = projection;
      await this.pool.query(
        `insert into ${schema}.${name}_g${generation} select * from ${schema}.${name}_g${rows[0]!.generation}`,
      );
      await registry.fence(name, [generation]);
      const nothing = { rows: 0, hash: '0' };
      const report = {
        equal: true,
        logReplaced: false,
        live: nothing,
        rebuilt: nothing,
        parked: [],
        unsharedColumns: [],
        differences: [],
      };
      const asked = Promise.all([ask(), ask(), ask()]);
      await registry.swap(projection, generation, report);
      answers.push(...(await asked), await ask());
      await registry.dropOutlived(projection);
    }
    return answers;
  }

  /** Gives one column of a view another type, as a new definition would. */
  async retype(view: string, column: string, type: string): Promise<void> {
    const { rows } = await this.pool.query<{ definition: string }>(
      'select pg_get_viewdef($1::regclass) as definition',
      [view],
    );
    const definition = rows[0]!.definition.replace(new RegExp(`\\b${column}\\b`), `${column}::${type} as ${column}`);
    await inTransaction(this.pool, async (tx) => {
      await tx.query(`drop view ${view}`);
      await tx.query(`create view ${view} as ${definition}`);
    });
  }

  /** Runs SQL with the role of query-api. */
  async asReader(sql: string): Promise<void> {
    const client = new Client({ connectionString: this.parts.readerUrl });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.dispose();
  }

  private async ask(
    method: 'GET' | 'POST',
    url: string,
    payload: object | undefined,
    options: AskOptions,
  ): Promise<Answer> {
    const { tenantId = this.tenantId, roles = ['member'], headers = {} } = options;
    const token = await this.parts.issuer.tokenFor({ actor: 'spec', tenantId, roles });
    const server = this.parts.service.app.getHttpAdapter().getInstance() as FastifyInstance;
    const request = { method, url, headers: { [INTERNAL_TOKEN_HEADER]: token, ...headers } };
    const answer = await server.inject(payload === undefined ? request : { ...request, payload });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body === '' ? null : answer.json() };
  }
}

async function guard(sql: Sql, group: string, { stream, version, id }: ConsumedMessage): Promise<void> {
  await sql.query(
    `insert into inbox.guards (consumer_group, stream, version, event_id) values ($1, $2, $3, $4)
     on conflict (consumer_group, stream) do update set version = excluded.version, event_id = excluded.event_id`,
    [group, stream, version, id],
  );
}

/** A role like the one of production: it may read what the owner creates from now on, and nothing else. */
async function createReader(pool: Pool, databaseUrl: string): Promise<{ readonly role: string; readonly url: string }> {
  const role = `reader_${uuidv7().replaceAll('-', '')}`;
  await pool.query(`create role ${role} login password 'reader'`);
  await pool.query(`alter role ${role} set default_transaction_read_only = on`);
  await pool.query(`alter default privileges grant usage on schemas to ${role}`);
  await pool.query(`alter default privileges grant select on tables to ${role}`);
  const url = new URL(databaseUrl);
  Object.assign(url, { username: role, password: 'reader' });
  return { role, url: url.href };
}

function answering(answers: ReadonlyMap<string, unknown>): Promise<Server> {
  const server = createServer((request, response) => {
    const known = answers.get(request.url ?? '');
    response.writeHead(known === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known ?? {}));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
