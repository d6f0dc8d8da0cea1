import { TopicPlaces, TopicPlacesInvalid } from '@codex/contracts/topic-places';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).transform(withoutTrailingSlash);
const brokers = z
  .string()
  .transform((text) => text.split(',').map((broker) => broker.trim()))
  .refine((list) => list.every((broker) => /^[^\s:]+:\d+$/.test(broker)), 'must be host:port, separated by commas');

/** Where the service listens, and how much it logs. `PORT` 0 takes a free one. */
export const httpConfig = z
  .object({
    PORT: port.default(3000),
    HOST: z.string().default('127.0.0.1'),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  })
  .transform((env) => ({ port: env.PORT, host: env.HOST, logLevel: env.LOG_LEVEL }));

/** The service's own database. The pool is per process. */
export const databaseConfig = z
  .object({
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
    DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(200).default(10),
  })
  .transform((env) => ({ connectionString: env.DATABASE_URL, maxConnections: env.DATABASE_POOL_SIZE }));

/**
 * How to reach Kafka. `allowFiniteRetention` lets a service start on event topics that forget; never in production.
 * `instance` is this replica's name, the same after a restart and nobody else's: with it a process that replaces a crashed
 * one gets its partitions at once, without it when the dead one's session has timed out. `topics` says which event topics
 * were moved, and must say the same in every service.
 */
export const kafkaConfig = z
  .object({
    KAFKA_BROKERS: brokers,
    KAFKA_CLIENT: z.enum(['kafkajs', 'platformatic']).default('kafkajs'),
    KAFKA_INSTANCE_ID: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be 1 to 100 of A-Z, a-z, 0-9, ".", "_", "-"')
      .optional(),
    KAFKA_TOPICS: z.string().transform(topicPlaces).default(new TopicPlaces()),
    KAFKA_TLS: flag.default(false),
    KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512', 'aws-msk-iam']).optional(),
    KAFKA_SASL_USERNAME: z.string().optional(),
    KAFKA_SASL_PASSWORD: z.string().optional(),
    KAFKA_ALLOW_FINITE_RETENTION: flag.default(false),
    SCHEMA_REGISTRY_URL: httpUrl.optional(),
  })
  .superRefine((env, context) => {
    if (env.KAFKA_SASL_MECHANISM === undefined || env.KAFKA_SASL_MECHANISM === 'aws-msk-iam') return;
    for (const name of ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const) {
      if (env[name] === undefined) context.addIssue({ code: 'custom', path: [name], message: 'is required' });
    }
  })
  .transform((env) => ({
    brokers: env.KAFKA_BROKERS,
    client: env.KAFKA_CLIENT,
    ...(env.KAFKA_INSTANCE_ID === undefined ? {} : { instance: env.KAFKA_INSTANCE_ID }),
    topics: env.KAFKA_TOPICS,
    tls: env.KAFKA_TLS,
    sasl:
      env.KAFKA_SASL_MECHANISM === undefined
        ? null
        : {
            mechanism: env.KAFKA_SASL_MECHANISM,
            username: env.KAFKA_SASL_USERNAME ?? '',
            password: env.KAFKA_SASL_PASSWORD ?? '',
          },
    allowFiniteRetention: env.KAFKA_ALLOW_FINITE_RETENTION,
    schemaRegistryUrl: env.SCHEMA_REGISTRY_URL ?? null,
  }));

/** The gateway's public key: what proves a caller's identity inside. Refuses a private key by mistake. */
export const internalAuthConfig = z
  .object({ INTERNAL_TOKEN_PUBLIC_KEY: ed25519Key('public') })
  .transform((env) => ({ publicKey: env.INTERNAL_TOKEN_PUBLIC_KEY }));

/** A required `<SERVICE>_URL`, without the trailing slash: `serviceUrl('PROJECT_URL')`. */
export function serviceUrl<Name extends `${string}_URL`>(name: Name) {
  return z
    .object({ [name]: httpUrl } as Record<Name, typeof httpUrl>)
    .transform((env) => (env as Record<Name, string>)[name]);
}

/** An Ed25519 key as JWK in JSON; `public` refuses one with a private part, `private` one without. */
export function ed25519Key(kind: 'public' | 'private') {
  return z.string().transform((text, context): Ed25519Jwk => {
    const key = parseJwk(text);
    if (key !== null && (typeof key.d === 'string') === (kind === 'private')) return key;
    context.addIssue({ code: 'custom', message: `must be a ${kind} Ed25519 JWK as JSON` });
    return z.NEVER;
  });
}

/** An Ed25519 key as JWK; `d` only in private ones. */
export interface Ed25519Jwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly d?: string;
}

function topicPlaces(text: string, context: z.RefinementCtx<string>): TopicPlaces {
  try {
    return TopicPlaces.parse(text);
  } catch (error) {
    if (!(error instanceof TopicPlacesInvalid)) throw error;
    for (const message of error.mistakes) context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
}

function parseJwk(text: string): Ed25519Jwk | null {
  try {
    const key: unknown = JSON.parse(text);
    return isEd25519(key) ? key : null;
  } catch {
    return null;
  }
}

function isEd25519(key: unknown): key is Ed25519Jwk {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, crv, x } = key as Record<string, unknown>;
  return kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string';
}

function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
