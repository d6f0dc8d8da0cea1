import { isAcknowledged } from './load/journal';
import { all } from './scenarios/all';
import { dieAtEveryPoint, freeze, killAnybody, someConsumer } from './scenarios/kills';
import { rebuildEverything } from './scenarios/replay';
import { play, printHeading, type ScenarioResult } from './scenarios/scenario';
import { killServers } from './scenarios/servers';
import { isLong, seededRandom } from './seed';
import { startFaultSystem, type FaultSystem } from './system/fault-system';

const MINUTE_MS = 60_000;
const LIMIT_MS = (isLong ? 90 : 6) * MINUTE_MS;
/** Longer than the session of a consumer group, and than a lease. */
const FREEZE_MS = { consumer: 12_000, agent: 24_000 };
const KILLS_A_ROUND = isLong ? 100 : 8;
const ROUNDS = isLong ? 10 : 1;

const AGENT_CLOCK_MS = 10 * MINUTE_MS;

describe.each(isLong ? [1, 2] : [1])('a system with %i of each service', (replicas) => {
  let system: FaultSystem;

  beforeAll(async () => {
    system = await startFaultSystem({ replicas, agents: 2, agentClockMs: AGENT_CLOCK_MS });
    printHeading();
  }, LIMIT_MS);

  afterAll(() => system?.stop(), LIMIT_MS);

  /** Whatever happens to a command, the client gets an answer of the contract or none. */
  const expectHonestAnswers = ({ attempts }: ScenarioResult): void => {
    const statuses = new Set(attempts.flatMap(({ answer }) => answer?.status ?? []));
    const honest = [200, 201, 202, 400, 404, 409, 412, 422, 429, 503, 504];
    expect([...statuses].filter((status) => !honest.includes(status))).toEqual([]);
    expect(attempts.filter(isAcknowledged).length).toBeGreaterThan(0);
  };

  it.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
    'R1, R7: survives kills at any time and at every named point, frozen processes and agents that lie (round %i)',
    async (round) => {
      const label = `kills, freezes, bad agents (${replicas} × ${round})`;
      const frozen = seededRandom(label);
      const result = await play(system, {
        name: label,
        agents: ['honest', 'failing', 'dying', 'stalling', 'lying', 'repeating', 'stealing', 'slow'],
        harm: async () => {
          const harms = await all([
            dieAtEveryPoint(system, label),
            killAnybody(system, label, KILLS_A_ROUND),
            freeze(system, someConsumer(system, frozen), FREEZE_MS.consumer),
            freeze(system, 'agent', FREEZE_MS.agent),
          ]);
          return harms.reduce((sum, count) => sum + count, 0);
        },
      });
      expectHonestAnswers(result);
    },
    LIMIT_MS,
  );

  it(
    'R2: survives the death of Postgres, of Kafka, and of both',
    async () => {
      const label = `servers (${replicas})`;
      const result = await play(system, { name: label, harm: () => killServers(system, label, isLong ? 10 : 1) });
      expectHonestAnswers(result);
      expect(result.attempts.some(({ answer }) => answer?.status === 503)).toBe(true);
    },
    LIMIT_MS,
  );

  it(
    'R10: builds every read model anew, and each comes out equal',
    async () => {
      const result = await play(system, { name: `replay (${replicas})`, harm: () => rebuildEverything(system) });
      expectHonestAnswers(result);
    },
    LIMIT_MS,
  );
});
