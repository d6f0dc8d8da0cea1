import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSystem, type RunningSystem } from '../../../infra/local/system/start-system';
import { KillPoints } from '../kill-points/kill-points';
import { JournalWriter } from '../load/journal';
import { JournalledClient } from '../load/journalled-client';

export interface FaultSystemOptions {
  /** Default this clone; else a copy of it with other code in `dist/`. */
  readonly root?: string;
  readonly replicas?: number;
  readonly agents?: number;
  /** How wrong the clocks of the reference agents are: the first one is ahead, the others behind. */
  readonly agentClockMs?: number;
}

/** A whole system on servers of its own, prepared for faults, with clients that write down what they are told. */
export interface FaultSystem {
  readonly running: RunningSystem;
  readonly killPoints: KillPoints;
  readonly journal: JournalWriter;
  /** May do everything. */
  readonly client: JournalledClient;
  readonly agentClient: JournalledClient;
  /** The folder with the log of every process. */
  readonly logs: string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

const GIVEN_SERVERS = ['DATABASE_URL', 'KAFKA_BROKERS'];

/** Its servers are its own even when others are given: a fault test kills them. */
export async function startFaultSystem(options: FaultSystemOptions = {}): Promise<FaultSystem> {
  const root = options.root ?? process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'codex-faults-'));
  const stateDir = join(folder, 'state');
  shareCompiledCode(stateDir);
  const killPoints = new KillPoints(join(folder, 'kill-points'));
  const environment = { ...killPoints.environment(), FAULT_AGENT_CLOCK_MS: String(options.agentClockMs ?? 0) };
  const { agents = 1, replicas = 1 } = options;
  const running = await withEnvironment(environment, () =>
    startSystem({ root, stateDir, fresh: true, port: 0, quiet: true, agents, replicas }),
  );
  const { gatewayUrl, apiKeys } = running.contents();
  const journal = new JournalWriter();
  return {
    running,
    killPoints,
    journal,
    client: new JournalledClient(gatewayUrl, apiKeys.admin, journal),
    agentClient: new JournalledClient(gatewayUrl, apiKeys.agent, journal),
    logs: join(stateDir, 'logs'),
    async stop() {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What services inherit is read while they are set up. */
async function withEnvironment<T>(environment: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
  const names = [...GIVEN_SERVERS, ...Object.keys(environment)];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of GIVEN_SERVERS) delete process.env[name];
  Object.assign(process.env, environment);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** Half of a service's start is compiling, and nothing of it is new in the next test. */
function shareCompiledCode(stateDir: string): void {
  const shared = join(process.cwd(), '.local/faults/compile-cache');
  mkdirSync(shared, { recursive: true });
  mkdirSync(stateDir, { recursive: true });
  symlinkSync(shared, join(stateDir, 'compile-cache'));
}
