import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createLogger,
  createService,
  InternalTokenVerifier,
  loadConfig,
  type Ed25519Jwk,
  type Service,
} from '@codex/platform';
import { composeGateway, type GatewayTuning } from '../src/gateway-server';
import { gatewayConfig } from '../src/gateway.config';
import { GatewayModule } from '../src/gateway.module';

export const tenantId = '0193b0a0-0000-7000-8000-000000000001';
export const roles = ['admin', 'member', 'operator', 'auditor', 'agent'] as const;

const keys = generateKeyPairSync('ed25519');

/** Verifies what the gateway under test signs, as a service would. */
export const internalTokens = new InternalTokenVerifier(
  keys.publicKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk,
);

/** A real gateway on a free port; each role has the key `key-<role>`. */
export interface GatewayUnderTest {
  readonly url: string;
  readonly service: Service;
  stop(): Promise<void>;
}

/** Starts a gateway whose services are all at `upstream`. */
export async function startGateway(
  upstream: string,
  environment: Record<string, string> = {},
  tuning: GatewayTuning = {},
): Promise<GatewayUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  const file = join(folder, 'keys.json');
  writeFileSync(file, JSON.stringify(roles.map((role) => storedKey(role))));
  const names = [
    'PROJECT',
    'WORK_ITEM',
    'SCHEDULER',
    'AGENT_MANAGER',
    'NOTIFICATION',
    'AUDIT',
    'PROJECTOR',
    'QUERY_API',
  ];
  const config = loadConfig(gatewayConfig, {
    PORT: '0',
    API_KEYS_FILE: file,
    INTERNAL_TOKEN_PRIVATE_KEY: JSON.stringify(keys.privateKey.export({ format: 'jwk' })),
    ...Object.fromEntries(names.map((name) => [`${name}_URL`, upstream])),
    ...environment,
  });
  const service = await createService(GatewayModule, {
    name: 'gateway',
    config,
    logger: createLogger('gateway', 'silent'),
    configureServer: (server, built) => composeGateway(server, config, built, tuning),
  });
  const url = await service.listen();
  await service.started;
  rmSync(folder, { recursive: true });
  return { url, service, stop: () => service.stop() };
}

function storedKey(role: (typeof roles)[number]) {
  const sha256 = createHash('sha256').update(`key-${role}`).digest('hex');
  return { id: role, sha256, tenantId, roles: [role], actor: `actor-${role}` };
}
