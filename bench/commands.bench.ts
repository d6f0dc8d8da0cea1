import type { RunningSystem } from '../infra/local/system/start-system';
import type { BenchResult } from './bench-result';
import { closedLoop, median, openLoop } from './load';
import { SystemClient } from './system-client';

const CALLERS = 64;
const ROUNDS = 3;
const ROUND_MS = 6_000;
/** Ten processes compile their hot code on two cores. */
const WARM_UP_MS = 10_000;
const TARGET_PER_SECOND = 1_200;
const OPEN_RATE = 300;

/** P1: durable commands through the gateway, with every service up. */
export async function benchCommands(system: RunningSystem): Promise<BenchResult[]> {
  const { gatewayUrl, apiKeys } = system.contents();
  const client = new SystemClient(gatewayUrl, apiKeys.member, CALLERS);
  let made = 0;
  const createProject = async () => void (await client.send('POST', '/v1/projects', { name: `Load ${made++}` }));
  try {
    await closedLoop({ callers: CALLERS, forMs: WARM_UP_MS }, createProject);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push(await closedLoop({ callers: CALLERS, forMs: ROUND_MS }, createProject));
    }
    const open = await openLoop({ perSecond: OPEN_RATE, forMs: ROUND_MS }, createProject);
    const perSecond = Math.round(median(rounds.map((round) => round.perSecond)));
    return [
      {
        id: 'P1',
        measure: 'durable commands through the gateway, 64 callers',
        value: perSecond,
        unit: '/s',
        target: `>= ${TARGET_PER_SECOND}/s`,
        met: perSecond >= TARGET_PER_SECOND,
        details: {
          rounds: rounds.map((round) => Math.round(round.perSecond)),
          latency: rounds.map((round) => round.latencies.summary()),
        },
      },
      {
        id: 'P1',
        measure: `the same at ${OPEN_RATE}/s, open loop, p99`,
        value: open.summary().p99Ms,
        unit: 'ms',
        target: '<= 60 ms',
        met: open.summary().p99Ms <= 60,
        details: open.summary(),
      },
    ];
  } finally {
    await client.close();
  }
}
