import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startTestServers } from '../infra/local/test-servers/start-test-servers';
import { startSystem } from '../infra/local/system/start-system';
import { benchAppend } from './append.bench';
import type { BenchEnvironment, TakeResults } from './bench-environment';
import type { BenchResult } from './bench-result';
import { benchClaims } from './claims.bench';
import { benchCommands } from './commands.bench';
import { benchConsume } from './consume.bench';
import { benchDrivers } from './drivers.bench';
import { benchDeadRows } from './dead-rows.bench';
import { benchEventTable } from './event-table.bench';
import { benchGrowth } from './growth.bench';
import { benchIdle } from './idle.bench';
import { benchLists } from './lists.bench';
import { benchLive } from './live.bench';
import { benchRebuild } from './rebuild.bench';
import { benchRelay } from './relay.bench';
import { benchStreams } from './streams.bench';
import { benchVisible } from './visible.bench';
import { benchWorkItems } from './work-items.bench';

/** Results, besides those that were taken as they came because the whole takes long. */
type PartBench = (environment: BenchEnvironment, take: TakeResults) => Promise<BenchResult[]>;

/** Benchmarks of one part on bare servers. */
const parts: Readonly<Record<string, PartBench>> = {
  P9: async (environment) => [await benchAppend(environment)],
  P6: benchRelay,
  P7: benchClaims,
  P5: async (environment) => [...(await benchRebuild(environment)), ...(await benchConsume(environment))],
  P2: benchVisible,
  P4: benchLive,
  P8: benchLists,
  S: benchStreams,
};

/** Only when they are named: they take minutes or gigabytes. */
const onRequest: Readonly<Record<string, PartBench>> = {
  P11: benchGrowth,
  T: benchEventTable,
  V: benchDeadRows,
  K: benchDrivers,
};

const START_TARGET_S = 12;
const wholeSystem = ['P12', 'P10', 'P1', 'P3'];

/** Runs the benchmarks with these ids (all when there are none); tells of each result as it comes. */
export async function runSuite(
  root: string,
  ids: ReadonlySet<string>,
  tell: (result: BenchResult) => void,
): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = [];
  const take = (found: readonly BenchResult[]) => {
    results.push(...found);
    found.forEach(tell);
  };
  const wanted = (id: string) => ids.size === 0 || ids.has(id);
  const wantedParts = [...Object.keys(parts).filter(wanted), ...Object.keys(onRequest).filter((id) => ids.has(id))];
  if (wantedParts.length > 0) await runParts(root, wantedParts, take);
  if (wholeSystem.some(wanted)) await runWholeSystem(root, wanted, take);
  return results;
}

async function runParts(root: string, ids: readonly string[], take: TakeResults): Promise<void> {
  const servers = await startTestServers(root);
  try {
    for (const id of ids) take(await (parts[id] ?? onRequest[id]!)(servers, take));
  } finally {
    await servers.stop();
  }
}

async function runWholeSystem(root: string, wanted: (id: string) => boolean, take: TakeResults): Promise<void> {
  // Four slots, the default, would measure how long four agents wait for each other.
  process.env['AGENT_SLOTS'] = '64';
  const stateDir = join(root, '.local/bench-system');
  rmSync(stateDir, { recursive: true, force: true });
  const options = { root, stateDir, agents: 1, port: 0, quiet: true };
  if (wanted('P12')) {
    await (await startSystem({ ...options, fresh: true })).stop();
  }
  const startedAt = performance.now();
  const system = await startSystem(options);
  try {
    if (wanted('P12')) take([startResult((performance.now() - startedAt) / 1000)]);
    if (wanted('P10')) take(await benchIdle(system));
    if (wanted('P1')) take(await benchCommands(system));
    if (wanted('P3')) take(await benchWorkItems(system));
  } finally {
    await system.stop();
  }
}

function startResult(seconds: number): BenchResult {
  const value = Math.round(seconds * 100) / 100;
  const target = `<= ${START_TARGET_S} s`;
  return {
    id: 'P12',
    measure: 'warm start to ready',
    value,
    unit: 's',
    target,
    met: value <= START_TARGET_S,
    details: {},
  };
}
