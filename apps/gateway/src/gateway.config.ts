import { ed25519Key, httpConfig, serviceUrl, type ConfigOf } from '@codex/platform';
import { z } from 'zod';
import { serviceNames, type ServiceName } from './routing/route';

const credentials = z
  .object({
    API_KEYS_FILE: z.string().optional(),
    JWT_ISSUER: z.string().optional(),
    JWT_AUDIENCE: z.string().optional(),
    JWKS_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  })
  .superRefine((env, context) => {
    const jwt = ['JWT_ISSUER', 'JWT_AUDIENCE', 'JWKS_URL'] as const;
    const missing = jwt.filter((name) => env[name] === undefined);
    const add = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if (missing.length > 0 && missing.length < jwt.length) missing.forEach((name) => add(name, 'is required'));
    if (env.API_KEYS_FILE === undefined && env.JWKS_URL === undefined) {
      add('API_KEYS_FILE', 'is required unless JWT_ISSUER, JWT_AUDIENCE and JWKS_URL are set');
    }
  })
  .transform((env) => ({
    apiKeysFile: env.API_KEYS_FILE ?? null,
    jwt:
      env.JWKS_URL === undefined
        ? null
        : { issuer: env.JWT_ISSUER ?? '', audience: env.JWT_AUDIENCE ?? '', jwksUrl: env.JWKS_URL },
  }));

const edge = z
  .object({
    INTERNAL_TOKEN_PRIVATE_KEY: ed25519Key('private'),
    RATE_LIMIT_PER_SECOND: z.coerce.number().int().min(1).default(5000),
    NODE_ENV: z.string().default('development'),
  })
  .transform((env) => ({
    privateKey: env.INTERNAL_TOKEN_PRIVATE_KEY,
    rateLimitPerSecond: env.RATE_LIMIT_PER_SECOND,
    graphqlConsole: env.NODE_ENV !== 'production',
  }));

type Urls = { readonly [Name in ServiceName as `url:${Name}`]: ReturnType<typeof serviceUrl> };

/** Every URL is its own slice, so that all that are missing are named at once. */
const urls = Object.fromEntries(
  serviceNames.map((name) => [`url:${name}`, serviceUrl(`${name.toUpperCase().replaceAll('-', '_')}_URL`)]),
) as unknown as Urls;

export const gatewayConfig = { http: httpConfig, credentials, edge, ...urls };

/** The gateway's configuration. */
export type GatewayConfig = ConfigOf<typeof gatewayConfig>;
