import { topicCatalogue, codec } from '@codex/contracts';
import { kafkajsDriver } from '@codex/kafka-messaging';
import type { Service } from '@codex/platform';
import { eventually } from '@codex/testing';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { seededRandom } from '../seed';
import { missing, publishedOn, type Sighting } from './histories';
import { findingsIn } from './judge';
import { SampleLoad, type LoadOptions } from './sample-load';
import { SAMPLE_TOPIC, sampleService, send, type Addresses } from './sample-service';

const STREAMS = 8;

/** Creates the topics that the sample service publishes on. */
export async function ensureSampleTopics(kafkaBrokers: readonly string[]): Promise<void> {
  const admin = kafkajsDriver({ brokers: kafkaBrokers, clientId: 'fault-topics' }).admin();
  await admin.ensureTopics(topicCatalogue.filter(({ context }) => context === 'system')).finally(() => admin.close());
}

/** A sample service under load, and the judge who looks at it over connections that no fault touches. */
export class SampleWorld {
  private readonly loads: SampleLoad[] = [];

  private constructor(
    private readonly label: string,
    private readonly service: Service,
    readonly url: string,
    private readonly direct: Addresses,
  ) {}

  /** `through` is where the service connects to; `direct` is where the judge does. */
  static async start(label: string, through: Addresses, direct: Addresses): Promise<SampleWorld> {
    const service = await sampleService(`${label}-${uuidv7()}`, through);
    const url = await service.listen();
    await service.started;
    return new SampleWorld(label, service, url, direct);
  }

  /** Goes on until it is stopped, at the latest with the world. */
  load(options: Partial<LoadOptions> = {}): SampleLoad {
    const streams = Array.from({ length: STREAMS }, () => `Service-${uuidv7()}`);
    const random = (client: number) => seededRandom(`${this.label} client ${client}`);
    const load = new SampleLoad({ url: this.url, streams, random, ...options });
    this.loads.push(load);
    return load;
  }

  /** Resolves when a fresh command is acknowledged, published, and has taken effect: nobody had to do anything. */
  async untilBack(withinMs: number): Promise<void> {
    const stream = `Service-${uuidv7()}`;
    const what = { timeoutMs: withinMs, pollIntervalMs: 100 };
    await eventually(async () => (await send(this.url, { stream, marker: uuidv7() }, withinMs)).status === 200, what);
    await eventually(async () => (await this.seen()).some((each) => each.stream === stream), {
      ...what,
      description: `${this.label}: an effect of ${stream}`,
    });
  }

  /** Waits until the consumer has seen all that is stored, then says what is wrong. */
  async findings(load: SampleLoad, withinMs = 30_000): Promise<readonly string[]> {
    await load.stop();
    const isQuiet = async (): Promise<boolean> => missing(await this.stored(), await this.seen()).length === 0;
    // When it does not become quiet, the findings say what is missing.
    await eventually(isQuiet, { timeoutMs: withinMs, pollIntervalMs: 100 }).catch(() => undefined);
    const driver = kafkajsDriver({ brokers: this.direct.kafkaBrokers, clientId: 'fault-judge' });
    const [stored, seen] = [await this.stored(), await this.seen()];
    const ours = new Set(load.journal.map(({ marker }) => marker));
    const marked = stored.map((each) => ({ ...each, marker: ours.has(each.marker) ? each.marker : null }));
    return findingsIn({
      journal: load.journal,
      stored: marked,
      seen,
      published: await publishedOn(driver, SAMPLE_TOPIC),
    });
  }

  async readiness(): Promise<number> {
    return (await fetch(`${this.url}/health/ready`)).status;
  }

  async stop(): Promise<void> {
    // Commands that hang end with the service at the latest.
    await Promise.all([...this.loads.map((load) => load.stop()), this.service.stop()]);
  }

  private async stored(): Promise<readonly (Sighting & { readonly marker: string })[]> {
    const rows = await this.select<Sighting & { schema_id: number; data: Buffer }>(
      `select stream, version, schema_id, data from event_store.events where kind = 'event' order by stream, version`,
    );
    return rows.flatMap(({ stream, version, schema_id, data }) => {
      const { details } = codec.decode(schema_id, data).data as { details: Record<string, string> };
      // What the service says about its own health goes on while it is judged.
      return details['marker'] === undefined ? [] : [{ stream, version, marker: details['marker'] }];
    });
  }

  private seen(): Promise<readonly Sighting[]> {
    return this.select<Sighting>('select stream, version from seen order by no');
  }

  private async select<Row extends object>(text: string): Promise<Row[]> {
    const client = new Client({ connectionString: this.direct.databaseUrl, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }
}
