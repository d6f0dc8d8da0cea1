import { join } from 'node:path';
import { createTestDatabase, eventually, type TestDatabase } from '@codex/testing';
import { refusalsOf, type Ordeal } from './full-postgres';
import { lasting } from './lasting';
import { PrivatePlace, privateKafka, type PrivateKafka } from './private-servers';
import { ensureSampleTopics, SampleWorld } from './sample-world';
import { smallDisk, type SmallDisk } from './small-disk';

const MB = 1024 * 1024;

/** A service on a Kafka of its own that can run out of disk: the broker ends itself then, and again at each start. */
export class FullKafka implements AsyncDisposable {
  private constructor(
    private readonly place: PrivatePlace,
    private readonly disk: SmallDisk,
    private readonly kafka: PrivateKafka,
    private readonly database: TestDatabase,
    private readonly world: SampleWorld,
    private readonly backWithinMs: number,
  ) {}

  static async start(backWithinMs: number): Promise<FullKafka> {
    const place = new PrivatePlace();
    const disk = smallDisk(join(place.stateDir, 'kafka'), 128 * MB);
    const kafka = await privateKafka(place, { disk });
    await ensureSampleTopics(kafka.brokers);
    const database = await createTestDatabase('full_kafka');
    const addresses = { databaseUrl: database.url, kafkaBrokers: kafka.brokers };
    const world = await SampleWorld.start('full-kafka', addresses, addresses);
    return new FullKafka(place, disk, kafka, database, world, backWithinMs);
  }

  /** The disk is full, again and again, for so long each time after the broker ended; commands must be taken meanwhile. */
  async withoutDisk(rounds: number, fullMs: number): Promise<Ordeal> {
    const { world, disk, kafka, backWithinMs } = this;
    const load = world.load({ weight: 20_000 });
    for (let round = 0; round < rounds; round++) {
      await world.untilBack(backWithinMs);
      const { pid } = kafka.process;
      disk.fill(kafka.process, MB);
      await eventually(() => kafka.process.pid !== pid, { timeoutMs: 30_000, description: 'the end of the broker' });
      const acknowledged = load.acknowledged;
      await lasting(fullMs);
      await eventually(() => load.acknowledged > acknowledged, { description: 'commands without Kafka' });
      disk.makeRoom(kafka.process);
      await world.untilBack(backWithinMs);
    }
    return { findings: await world.findings(load, backWithinMs), refusals: refusalsOf(load) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disk.makeRoom(this.kafka.process);
    await this.world.stop();
    await this.database.dispose();
    await this.kafka[Symbol.asyncDispose]();
    this.disk[Symbol.dispose]();
    await this.place[Symbol.asyncDispose]();
  }
}
