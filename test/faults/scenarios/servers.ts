import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../seed';
import type { FaultSystem } from '../system/fault-system';

type Death = readonly ['postgres' | 'kafka', NodeJS.Signals];

/** SIGQUIT is Postgres's own immediate shutdown; SIGKILL is what the kernel does when memory is short. */
const deaths: readonly (readonly Death[])[] = [
  [['postgres', 'SIGQUIT']],
  [['postgres', 'SIGKILL']],
  [['kafka', 'SIGKILL']],
  [
    ['kafka', 'SIGKILL'],
    ['postgres', 'SIGQUIT'],
  ],
];

/** Kills the servers under everybody, in every way; each time until commands are accepted again. */
export async function killServers(system: FaultSystem, label: string, rounds = 1): Promise<number> {
  const random = seededRandom(`${label}/servers`);
  const plan = Array.from({ length: rounds }, () => random.shuffled(deaths)).flat();
  for (const together of plan) {
    await delay(random.integer(200, 1_500));
    for (const [server, signal] of together) system.running.kill(server, signal);
    await acceptedAgain(system);
  }
  return plan.flat().length;
}

async function acceptedAgain({ client }: FaultSystem): Promise<void> {
  const answer = await client.command('POST', '/v1/projects', { name: 'After an outage' }, { repeated: true });
  if (answer?.status !== 201) throw new Error(`commands are not accepted again: ${JSON.stringify(answer)}`);
}
