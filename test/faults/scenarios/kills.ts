import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@codex/testing';
import type { KillPoint } from '../kill-points/kill-points';
import { seededRandom, type SeededRandom } from '../seed';
import type { FaultSystem } from '../system/fault-system';
import { all } from './all';

/** Among kills, services live for seconds and little is claimed: the fourth claim can take longer than a minute. */
const FIRES_WITHIN_MS = 300_000;
const WRITERS = ['project', 'work-item', 'scheduler', 'agent-manager'] as const;
const CONSUMERS = [...WRITERS, 'notification', 'projector', 'audit'] as const;

/** Every named point, and whose it is. */
const points: readonly (readonly [KillPoint, readonly string[]])[] = [
  ['before-commit', WRITERS],
  ['in-commit', WRITERS],
  ['after-commit', WRITERS],
  ['before-produce', WRITERS],
  ['in-produce', WRITERS],
  ['after-produce-ack', WRITERS],
  ['before-cursor-update', WRITERS],
  ['after-cursor-update', WRITERS],
  ['before-offset-commit', CONSUMERS],
  ['in-offset-commit', CONSUMERS],
  ['after-offset-commit', CONSUMERS],
  ['before-lease-grant', ['agent-manager']],
  ['after-lease-grant', ['agent-manager']],
  ['before-lease-commit', ['agent-manager']],
  ['in-lease-commit', ['agent-manager']],
  ['after-lease-commit', ['agent-manager']],
];

/** A service dies at each named point, each service for itself and one point after the other. */
export async function dieAtEveryPoint(system: FaultSystem, label: string): Promise<number> {
  const random = seededRandom(`${label}/points`);
  const plan = planOf(random);
  await all(
    [...Map.groupBy(plan, ({ app }) => app)].map(async ([app, deaths]) => {
      for (const { point, nth } of deaths) await dieAt(system, app, point, nth);
    }),
  );
  return plan.length;
}

interface Death {
  readonly point: KillPoint;
  readonly app: string;
  readonly nth: number;
}

/** In random order; whoever has the fewest deaths before it takes the next one. */
function planOf(random: SeededRandom): readonly Death[] {
  const plan: Death[] = [];
  const ofMany = random.shuffled(points.filter(([, apps]) => apps.length > 1));
  const ofOne = random.shuffled(points.filter(([, apps]) => apps.length === 1));
  for (const [point, apps] of [...ofOne, ...ofMany]) {
    const [app] = random.shuffled(apps).toSorted((a, b) => deathsOf(plan, a) - deathsOf(plan, b));
    plan.push({ point, app: app!, nth: random.integer(1, 4) });
  }
  return random.shuffled(plan);
}

function deathsOf(plan: readonly Death[], name: string): number {
  return plan.filter(({ app }) => app === name).length;
}

async function dieAt({ killPoints }: FaultSystem, app: string, point: KillPoint, nth: number): Promise<void> {
  killPoints.arm(app, point, nth);
  await eventually(() => killPoints.hasFired(app, point), {
    timeoutMs: FIRES_WITHIN_MS,
    pollIntervalMs: 50,
    description: `the death of ${app} ${point}`,
  });
}

/** SIGKILLs whoever the seed names, one after the other with short breaks, without looking who is up. */
export async function killAnybody(system: FaultSystem, label: string, kills: number): Promise<number> {
  const random = seededRandom(`${label}/kills`);
  for (let killed = 0; killed < kills; killed++) {
    system.running.kill(random.pick(system.running.names), 'SIGKILL');
    await delay(random.integer(300, 2_000));
  }
  return kills;
}

/** Stops the clock of somebody for that long: longer than a session of a consumer group, or than a lease. */
export async function freeze(system: FaultSystem, name: string, forMs: number): Promise<number> {
  system.running.kill(name, 'SIGSTOP');
  try {
    await delay(forMs);
  } finally {
    system.running.kill(name, 'SIGCONT');
  }
  return 1;
}

/** One of the processes that take part in consumer groups. */
export function someConsumer(system: FaultSystem, random: SeededRandom): string {
  const consumers: readonly string[] = CONSUMERS;
  return random.pick(system.running.names.filter((name) => consumers.includes(name.replace(/-\d+$/, ''))));
}
