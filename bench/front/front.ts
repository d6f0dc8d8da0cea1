import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { startApp, type AppProcess } from './app-process';

/** What clients see of the read side: the gateway, and query-api behind it. */
export interface Front {
  readonly gatewayUrl: string;
  readonly apiKey: string;
  readonly tenantId: string;
  readonly gateway: AppProcess;
  readonly queryApi: AppProcess;
  stop(): Promise<void>;
}

/** Who is not part of the measure. */
const NOWHERE = 'http://127.0.0.1:1';
const ABSENT = ['PROJECT', 'WORK_ITEM', 'SCHEDULER', 'AGENT_MANAGER', 'NOTIFICATION', 'AUDIT', 'PROJECTOR'];

/** Starts both over a read database and a log. */
export async function startFront(over: {
  readonly readDatabaseUrl: string;
  readonly kafkaBrokers: readonly string[];
}): Promise<Front> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const folder = mkdtempSync(join(tmpdir(), 'bench-front-'));
  const [apiKey, tenantId] = [randomBytes(24).toString('hex'), uuidv7()];
  const stored = { id: 'bench', sha256: createHash('sha256').update(apiKey).digest('hex'), tenantId, actor: 'bench' };
  writeFileSync(join(folder, 'keys.json'), JSON.stringify([{ ...stored, roles: ['member'] }]), { mode: 0o600 });
  const services = Object.fromEntries(ABSENT.map((name) => [`${name}_URL`, NOWHERE]));
  const queryApi = await startApp('query-api', {
    ...services,
    DATABASE_URL: over.readDatabaseUrl,
    KAFKA_BROKERS: over.kafkaBrokers.join(','),
    INTERNAL_TOKEN_PUBLIC_KEY: JSON.stringify(publicKey.export({ format: 'jwk' })),
  });
  const gateway = await startApp('gateway', {
    ...services,
    QUERY_API_URL: queryApi.url,
    RATE_LIMIT_PER_SECOND: '1000000',
    API_KEYS_FILE: join(folder, 'keys.json'),
    INTERNAL_TOKEN_PRIVATE_KEY: JSON.stringify(privateKey.export({ format: 'jwk' })),
  });
  rmSync(folder, { recursive: true });
  const stop = async (): Promise<void> => void (await Promise.all([gateway.stop(), queryApi.stop()]));
  return { gatewayUrl: gateway.url, apiKey, tenantId, gateway, queryApi, stop };
}
