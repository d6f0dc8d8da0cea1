import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Decider, DomainCommand, DomainEvent } from '@codex/event-sourcing';
import type { StoreTransaction } from '@codex/event-store-postgres';
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
} from '@codex/platform';
import { Controller, Inject, Module, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';

/** A command of the sample service: what it leaves behind carries the marker. */
export interface SampleCommand {
  readonly stream: string;
  readonly marker: string;
  /** Bytes that come with it, to fill disks. */
  readonly weight?: number;
}

export const SAMPLE_TOPIC = 'system.events.v1';

const markerDecider: Decider<DomainCommand<string, SampleCommand>, null, DomainEvent> = {
  category: 'Service',
  initialState: () => null,
  evolve: () => null,
  decide: ({ data: { marker, weight = 0 } }) => {
    // Nothing that a database could compress.
    const details = { marker, weight: randomBytes(weight).toString('base64') };
    return [{ type: 'ServiceHealthChanged', data: { service: 'sample', status: 'up', details } }];
  },
};

@Controller('v1/marks')
class MarksController {
  constructor(private readonly service: CommandService) {}

  @Post()
  async mark(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const data = request.body as SampleCommand;
    const command = { type: 'Mark', data, metadata: commandMetadata(request) };
    return sendReceipt(reply, await this.service.runner.run(markerDecider, data.stream, command, runOptions(request)));
  }
}

const GROUP = Symbol('group');

/** Its consumer writes a row for every event of the service's own streams: the fold that is judged. */
@Module({ controllers: [MarksController] })
class MarksModule {
  constructor(service: CommandService, @Inject(GROUP) group: string) {
    service.lifecycle.onStart('seen table', async () => {
      await service.pool.query(
        'create table if not exists seen (no bigint generated always as identity, stream text, version int)',
      );
    });
    service.consume<StoreTransaction>({
      group,
      topics: [SAMPLE_TOPIC],
      handles: 'all',
      guard: true,
      transaction: (work) => service.store.transaction(work),
      handle: async (messages, tx) => {
        await tx.query('insert into seen (stream, version) select * from unnest($1::text[], $2::int[])', [
          messages.map(({ stream }) => stream),
          messages.map(({ version }) => version),
        ]);
      },
    });
  }
}

const keys = generateKeyPairSync('ed25519');
const jwk = (key: typeof keys.publicKey) => key.export({ format: 'jwk' }) as unknown as Ed25519Jwk;
const issuer = new InternalTokenIssuer(jwk(keys.privateKey));
const caller = { actor: 'fault-client', tenantId: uuidv7(), roles: ['member'] };

export interface Addresses {
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
  /** Default kafkajs. */
  readonly kafkaClient?: KafkaClient;
}

export type KafkaClient = 'kafkajs' | 'platformatic';

/** A command service as every app composes one: store with group commit, relay, consumer, health. Does not listen yet. */
export async function sampleService(name: string, addresses: Addresses): Promise<Service> {
  const { databaseUrl, kafkaBrokers, kafkaClient = 'kafkajs' } = addresses;
  const environment = { DATABASE_URL: databaseUrl, KAFKA_BROKERS: kafkaBrokers.join(','), KAFKA_CLIENT: kafkaClient };
  const config = loadConfig({ database: databaseConfig, kafka: kafkaConfig }, environment);
  const root = {
    module: MarksModule,
    imports: [CommandServiceModule.forRoot({ name, context: 'system', config })],
    providers: [{ provide: GROUP, useValue: `${name}.seen` }],
  };
  const http = { port: 0, host: '127.0.0.1', logLevel: 'silent' };
  const internalAuth = { publicKey: jwk(keys.publicKey) };
  return createService(root, { name, config: { http, internalAuth }, logger: createLogger(name, 'silent') });
}

/** Status and code of the answer. Rejects when there is none in time. */
export async function send(
  url: string,
  command: SampleCommand,
  timeoutMs = 30_000,
): Promise<{ readonly status: number; readonly code: string | null }> {
  const answer = await fetch(`${url}/v1/marks`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-internal-token': await issuer.tokenFor(caller),
      'idempotency-key': command.marker,
    },
    body: JSON.stringify(command),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const body = (await answer.json()) as { code?: string };
  return { status: answer.status, code: body.code ?? null };
}
