import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MEMORY } from '../../infra/local/system/services';

/** A built service in a process of its own, on a free port. */
export interface AppProcess {
  readonly url: string;
  /** User and system time so far, in seconds; Linux only, elsewhere 0. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** Resolves when it is ready. `BENCH_NODE_OPTIONS` reaches it as options of Node, for profiles. */
export async function startApp(app: string, environment: Readonly<Record<string, string>>): Promise<AppProcess> {
  const main = join(__dirname, '../../apps', app, 'src/main.js');
  if (!existsSync(main)) throw new Error('the benchmark runs the built services: npm run build');
  const options = process.env['BENCH_NODE_OPTIONS']?.split(' ') ?? [];
  const child = spawn(process.execPath, [...MEMORY, ...options, main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'info', ...environment },
  });
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    let listening: string | undefined;
    let isReady = false;
    child.once('exit', (code) => reject(new Error(`${app} ended with ${code}`)));
    // Either may come first.
    lines.on('line', (line) => {
      const entry = JSON.parse(line) as { msg: string; url?: string };
      if (entry.msg === 'listening') listening = entry.url;
      if (entry.msg === 'ready') isReady = true;
      if (isReady && listening !== undefined) resolve(listening);
    });
  });
  return {
    url,
    cpuSeconds: () => cpuSecondsOf(child.pid!),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

function cpuSecondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
