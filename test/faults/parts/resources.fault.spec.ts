import { isLong } from '../seed';
import { FullKafka } from './full-kafka';
import { FullPostgres, type Ordeal } from './full-postgres';

const ROUNDS = isLong ? 6 : 1;
const BACK_WITHIN_MS = 60_000;
const FULL_MS = isLong ? 20_000 : 1_000;
const TIMEOUT_MS = 60_000 + ROUNDS * 90_000;

/** Both servers run out of everything at the same time, each under a service of its own. */
describe('R9: without room', () => {
  let postgres: FullPostgres;
  let kafka: FullKafka;
  let kafkaOrdeal: Promise<Ordeal>;

  beforeAll(async () => {
    [postgres, kafka] = await Promise.all([FullPostgres.start(BACK_WITHIN_MS), FullKafka.start(BACK_WITHIN_MS)]);
    kafkaOrdeal = kafka.withoutDisk(ROUNDS, FULL_MS);
    // The test that waits for it hears of its failure.
    kafkaOrdeal.catch(() => undefined);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await kafkaOrdeal.catch(() => undefined);
    await Promise.all([postgres[Symbol.asyncDispose](), kafka[Symbol.asyncDispose]()]);
  }, TIMEOUT_MS);

  it(
    'every connection of Postgres taken: refused as unavailable, not ready, and back when there are some',
    async () => {
      const { findings, refusals } = await postgres.withoutConnections();
      expect(findings).toEqual([]);
      expect(refusals).toEqual(['503 UPSTREAM_UNAVAILABLE']);
    },
    TIMEOUT_MS,
  );

  it(
    'a full disk under Postgres: refused as unavailable, nothing acknowledged is lost, and back when there is room',
    async () => {
      const { findings, refusals } = await postgres.withoutDisk(ROUNDS, FULL_MS);
      expect(findings).toEqual([]);
      expect(refusals).toEqual(['503 UPSTREAM_UNAVAILABLE']);
    },
    TIMEOUT_MS,
  );

  it(
    'a full disk under Kafka: commands are taken as before, and published when there is room',
    async () => {
      const { findings, refusals } = await kafkaOrdeal;
      expect(findings).toEqual([]);
      expect(refusals).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
