import { settle } from '../auditor/settled';
import { FaultAgents, type Behaviour } from '../agents/misbehaviour';
import { isAcknowledged, isRefused, type CommandAttempt } from '../load/journal';
import { Load } from '../load/load';
import { faultSeed } from '../seed';
import type { FaultSystem } from '../system/fault-system';
import { keepRemains } from '../system/remains';
import { expectWorkGoesOn } from './work-goes-on';

export interface Scenario {
  /** The first column of the report. */
  readonly name: string;
  readonly agents?: readonly Behaviour[];
  /** Does the harm; resolves with how often. */
  readonly harm: (system: FaultSystem) => Promise<number>;
}

/** What a scenario did and what it came to; it has no findings, because then it would not have come to an end. */
export interface ScenarioResult {
  readonly name: string;
  readonly harms: number;
  readonly attempts: readonly CommandAttempt[];
  readonly settledAfterMs: number;
}

/** Harm under load; then the system has to be back at work by itself, and the auditor has to find nothing. */
export async function play(system: FaultSystem, scenario: Scenario): Promise<ScenarioResult> {
  try {
    return await playOut(system, scenario);
  } catch (error) {
    process.stdout.write(`what is left of "${scenario.name}": ${await keepRemains(system, scenario.name)}\n`);
    throw error;
  }
}

async function playOut(system: FaultSystem, scenario: Scenario): Promise<ScenarioResult> {
  const { client, agentClient, journal } = system;
  const first = journal.commands.length;
  const load = new Load({ client, label: scenario.name });
  const agents = new FaultAgents(agentClient, scenario.agents ?? []);
  let harms: number;
  try {
    harms = await scenario.harm(system);
  } finally {
    await Promise.all([load.stop(), agents.stop()]);
  }
  await expectWorkGoesOn(system);
  const { settledAfterMs } = await settle(system);
  const result = { name: scenario.name, harms, attempts: journal.commands.slice(first), settledAfterMs };
  process.stdout.write(`${rowOf(result)}\n`);
  return result;
}

/** The names of what {@link play} prints. */
export function printHeading(): void {
  const seeded = `seed ${faultSeed}`;
  process.stdout.write(
    `\n${columns([seeded, 'harms', 'acknowledged', 'refused', 'unanswered', 'settled', 'findings'])}\n`,
  );
}

function rowOf({ name, harms, attempts, settledAfterMs }: ScenarioResult): string {
  const acknowledged = attempts.filter(isAcknowledged).length;
  const refused = attempts.filter(isRefused).length;
  const unanswered = attempts.length - acknowledged - refused;
  const seconds = `${(settledAfterMs / 1000).toFixed(1)} s`;
  return columns([name, harms, acknowledged, refused, unanswered, seconds, 0].map(String));
}

function columns([name = '', ...numbers]: readonly string[]): string {
  return [name.padEnd(44), ...numbers.map((text) => text.padStart(13))].join('');
}
