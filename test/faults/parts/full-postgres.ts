import { join } from 'node:path';
import { eventually, serverAddresses } from '@codex/testing';
import { Client } from 'pg';
import { ConnectionHog } from './connection-hog';
import { lasting } from './lasting';
import { PrivatePlace, privatePostgres, type PrivatePostgres } from './private-servers';
import type { SampleLoad } from './sample-load';
import { ensureSampleTopics, SampleWorld } from './sample-world';
import { smallDisk, type SmallDisk } from './small-disk';

const MB = 1024 * 1024;
const MAX_CONNECTIONS = 24;
/** An ordinary role: the last connections, which a server keeps for superusers, are not its. */
const OWNER = 'sample';

/** How a service fared, in its clients' eyes and the judge's. */
export interface Ordeal {
  readonly findings: readonly string[];
  /** The different answers of commands that were not acknowledged. */
  readonly refusals: readonly string[];
}

/** The refusals of a load, each once. */
export function refusalsOf(load: SampleLoad): readonly string[] {
  return [...new Set(load.journal.flatMap(({ refusals }) => refusals))];
}

/** A service on a Postgres of its own that can run out of connections and of disk. */
export class FullPostgres implements AsyncDisposable {
  private constructor(
    private readonly place: PrivatePlace,
    private readonly disk: SmallDisk,
    private readonly postgres: PrivatePostgres,
    private readonly world: SampleWorld,
    private readonly backWithinMs: number,
  ) {}

  static async start(backWithinMs: number): Promise<FullPostgres> {
    const place = new PrivatePlace();
    const disk = smallDisk(join(place.stateDir, 'postgres'), 256 * MB);
    const settings = { max_connections: String(MAX_CONNECTIONS), max_wal_size: '64MB', min_wal_size: '32MB' };
    const postgres = await privatePostgres(place, { settings, disk });
    const { kafkaBrokers } = serverAddresses();
    await ensureSampleTopics(kafkaBrokers);
    const through = { databaseUrl: await ownDatabase(postgres.url), kafkaBrokers };
    const direct = Object.assign(new URL(postgres.url), { pathname: `/${OWNER}` }).href;
    const world = await SampleWorld.start('full-postgres', through, { databaseUrl: direct, kafkaBrokers });
    return new FullPostgres(place, disk, postgres, world, backWithinMs);
  }

  /** All connections are somebody else's until the service has refused commands and says that it is not ready. */
  async withoutConnections(): Promise<Ordeal> {
    const { world, backWithinMs } = this;
    const load = world.load();
    await world.untilBack(backWithinMs);
    {
      await using _hog = await ConnectionHog.takeAll(this.postgres.url, OWNER);
      const isFelt = async (): Promise<boolean> => refusalsOf(load).length > 0 && (await world.readiness()) === 503;
      await eventually(isFelt, { description: 'refusals, and a service that is not ready' });
    }
    await world.untilBack(backWithinMs);
    await eventually(async () => (await world.readiness()) === 200);
    return { findings: await world.findings(load), refusals: refusalsOf(load) };
  }

  /** The disk is full, again and again, for so long each time after the first refusals. */
  async withoutDisk(rounds: number, fullMs: number): Promise<Ordeal> {
    const { world, disk, postgres, backWithinMs } = this;
    const load = world.load({ weight: 20_000 });
    const refused = (): number => load.journal.filter(({ acknowledged }) => !acknowledged).length;
    for (let round = 0; round < rounds; round++) {
      await world.untilBack(backWithinMs);
      const before = refused();
      disk.fill(postgres.process, 2 * MB);
      await eventually(() => refused() > before + 3, { timeoutMs: 30_000, description: 'refusals on a full disk' });
      await lasting(fullMs);
      disk.makeRoom(postgres.process);
      await world.untilBack(backWithinMs);
    }
    return { findings: await world.findings(load), refusals: refusalsOf(load) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disk.makeRoom(this.postgres.process);
    await this.world.stop();
    await this.postgres[Symbol.asyncDispose]();
    this.disk[Symbol.dispose]();
    await this.place[Symbol.asyncDispose]();
  }
}

async function ownDatabase(superuserUrl: string): Promise<string> {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  await client.query(`create role ${OWNER} login password '${OWNER}'`);
  await client.query(`create database ${OWNER} owner ${OWNER}`);
  await client.end();
  return Object.assign(new URL(superuserUrl), { username: OWNER, password: OWNER, pathname: `/${OWNER}` }).href;
}
