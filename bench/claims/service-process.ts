import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { InternalTokenIssuer, type Ed25519Jwk } from '@codex/platform';

/** A service in a process of its own, with tokens that it accepts. */
export interface ServiceProcess {
  readonly url: string;
  readonly tokens: InternalTokenIssuer;
  /** User and system time so far, in seconds. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** Starts agent-manager on a free port. Kafka is not there: claims do not need it. */
export async function startAgentManager(databaseUrl: string): Promise<ServiceProcess> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const main = join(__dirname, '../../apps/agent-manager/src/main.js');
  if (!existsSync(main)) throw new Error('the benchmark runs the built service: npm run build');
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'info',
      DATABASE_URL: databaseUrl,
      KAFKA_BROKERS: '127.0.0.1:1',
      INTERNAL_TOKEN_PUBLIC_KEY: JSON.stringify(publicKey.export({ format: 'jwk' })),
    },
  });
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`agent-manager ended with ${code}`)));
    lines.on('line', (line) => {
      const { msg, url: listening } = JSON.parse(line) as { msg: string; url?: string };
      if (msg === 'listening') resolve(listening!);
    });
  });
  return {
    url,
    tokens: new InternalTokenIssuer(privateKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk),
    cpuSeconds: () => cpuSecondsOf(child.pid!),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

/** Linux only; elsewhere 0. */
function cpuSecondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
