import { createTestDatabase, eventually, serverAddresses, type TestDatabase } from '@codex/testing';
import { freePorts } from '../../../infra/local/ports';
import { isLong, seededRandom, type SeededRandom } from '../seed';
import { lasting } from './lasting';
import { PrivatePlace, privateKafka, type PrivateKafka } from './private-servers';
import { ensureSampleTopics, SampleWorld } from './sample-world';
import { TcpProxy } from './tcp-proxy';

const FAULTS = ['latency', 'reset', 'slow', 'half-open'] as const;
/** Between a service and what, by which client. */
const PATHS = [
  { server: 'postgres', kafkaClient: 'kafkajs' },
  { server: 'kafka', kafkaClient: 'kafkajs' },
  { server: 'kafka', kafkaClient: 'platformatic' },
] as const;
const ROUNDS = isLong ? 8 : 1;
/** Longer than any timeout that has to pass before a dead connection is given up. */
const BACK_WITHIN_MS = 60_000;
/** Commands acknowledged before anything breaks: a judge of nothing finds nothing. */
const ENOUGH = 20;
const TIMEOUT_MS = ROUNDS * 120_000;

/** Slow links last longer than the timeouts they run into (7 s of Postgres, with time 15 s of Kafka). */
const SLOW_MS = isLong ? ([9_000, 20_000] as const) : ([8_000, 10_000] as const);
const DURATION_MS = { latency: [4_000, 6_000], slow: SLOW_MS, 'half-open': [5_000, 8_000] } as const;

type Fault = (typeof FAULTS)[number];

interface Trial {
  readonly path: (typeof PATHS)[number];
  readonly fault: Fault;
  readonly proxy: TcpProxy;
  readonly proxyPort: number;
  readonly brokerPort: number;
  readonly database: TestDatabase;
}

interface Outcome {
  readonly findings: readonly string[];
  readonly acknowledged: number;
  readonly resets: number;
}

const NOTHING: Outcome = { findings: [], acknowledged: 0, resets: 0 };

/** One service for each fault, all at once: most of the time is spent waiting for timeouts. */
describe('R3: a network that lies', () => {
  const place = new PrivatePlace();
  const trials: Trial[] = [];
  const outcomes = new Map<string, Outcome>();
  let kafka: PrivateKafka;

  beforeAll(async () => {
    for (const path of PATHS) for (const fault of FAULTS) trials.push(await prepare(path, fault));
    const listeners = trials
      .filter(({ path }) => path.server === 'kafka')
      .map(({ proxyPort, brokerPort }) => ({ port: brokerPort, advertisedPort: proxyPort }));
    kafka = await privateKafka(place, { listeners });
    await ensureSampleTopics(kafka.brokers);
    const run = async (trial: Trial): Promise<void> => {
      const outcome = await endure(trial, kafka).catch((error: unknown) => ({ ...NOTHING, findings: [String(error)] }));
      outcomes.set(nameOf(trial), outcome);
    };
    await Promise.all(trials.map(run));
  }, TIMEOUT_MS);
  afterAll(async () => {
    for (const { proxy, database } of trials) {
      await proxy[Symbol.asyncDispose]();
      await database.dispose();
    }
    await place[Symbol.asyncDispose]();
  }, TIMEOUT_MS);

  describe.each(PATHS)('between a service and $server, with $kafkaClient', (path) => {
    it.each(FAULTS)('%s: nothing is lost, doubled or out of order, and work goes on by itself', (fault) => {
      const outcome = outcomes.get(nameOf({ path, fault }))!;
      expect(outcome.findings).toEqual([]);
      expect(outcome.acknowledged).toBeGreaterThan(ENOUGH);
      expect(outcome.resets > 0).toBe(fault === 'reset');
    });
  });
});

function nameOf({ path, fault }: Pick<Trial, 'path' | 'fault'>): string {
  return `${path.server}-${path.kafkaClient}-${fault}`;
}

async function prepare(path: Trial['path'], fault: Fault): Promise<Trial> {
  const database = await createTestDatabase('network');
  const [brokerPort = 0] = await freePorts(1);
  const target = path.server === 'kafka' ? brokerPort : Number(new URL(serverAddresses().databaseUrl).port);
  const proxy = new TcpProxy({ target: { host: '127.0.0.1', port: target } });
  return { path, fault, proxy, proxyPort: await proxy.listen(), brokerPort, database };
}

async function endure(trial: Trial, kafka: PrivateKafka): Promise<Outcome> {
  const { path, fault, proxy, proxyPort, database } = trial;
  const direct = { databaseUrl: database.url, kafkaBrokers: kafka.brokers, kafkaClient: path.kafkaClient };
  const proxied = new URL(database.url);
  proxied.port = String(proxyPort);
  const through =
    path.server === 'kafka'
      ? { ...direct, kafkaBrokers: [`127.0.0.1:${proxyPort}`] }
      : { ...direct, databaseUrl: proxied.href };
  const world = await SampleWorld.start(nameOf(trial), through, direct);
  const random = seededRandom(`network ${nameOf(trial)}`);
  const load = world.load();
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await world.untilBack(BACK_WITHIN_MS);
      await eventually(() => load.acknowledged >= ENOUGH, { timeoutMs: BACK_WITHIN_MS });
      await strike(proxy, fault, random);
      await world.untilBack(BACK_WITHIN_MS);
    }
    const findings = await world.findings(load, BACK_WITHIN_MS);
    return { findings, acknowledged: load.acknowledged, resets: proxy.resets };
  } finally {
    await proxy[Symbol.asyncDispose]();
    await world.stop();
  }
}

/** Brings the fault, keeps it for a while that the seed decides, and lifts it. */
async function strike(proxy: TcpProxy, fault: Fault, random: SeededRandom): Promise<void> {
  if (fault === 'reset') {
    for (let left = random.integer(15, 25); left > 0; left--) {
      await lasting(random.integer(100, 300));
      proxy.swallowAnswers();
    }
    return;
  }
  proxy.change(fault);
  const [from, to] = DURATION_MS[fault];
  await lasting(random.integer(from, to));
  proxy.change('clear');
}
