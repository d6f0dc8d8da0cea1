import { codec, schemaById, type WorkItemStateChangedData } from '@codex/contracts';
import type { NewEvent } from '@codex/event-sourcing';
import { kafkajsDriver, platformaticDriver, type Addressing, type KafkaDriver } from '@codex/kafka-messaging';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';

/** Where the servers are. */
export interface BenchServers {
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
}

/** A database and a topic of their own for one benchmark; both are gone afterwards. */
export interface SampleWorld {
  readonly databaseUrl: string;
  readonly topic: string;
  readonly driver: KafkaDriver;
  readonly addressing: Addressing;
}

const PARTITIONS = 12;

export async function inSampleWorld<T>(servers: BenchServers, work: (world: SampleWorld) => Promise<T>): Promise<T> {
  const name = `bench_${uuidv7().replaceAll('-', '')}`;
  const topic = `${name}.events.v1`;
  const open = process.env['KAFKA_CLIENT'] === 'platformatic' ? platformaticDriver : kafkajsDriver;
  const driver = open({ brokers: servers.kafkaBrokers, clientId: 'bench' });
  const admin = driver.admin();
  const url = new URL(servers.databaseUrl);
  url.pathname = `/${name}`;
  await asAdmin(servers.databaseUrl, `create database ${name}`);
  await admin.ensureTopics([{ name: topic, partitions: PARTITIONS, config: { 'retention.ms': '-1' } }]);
  const addressing: Addressing = {
    topicOf: () => topic,
    source: 'work-item',
    schemaNameOf: (schemaId) => schemaById(schemaId).fullName,
  };
  try {
    return await work({ databaseUrl: url.href, topic, driver, addressing });
  } finally {
    await admin.deleteTopics([topic]);
    await admin.close();
    await asAdmin(servers.databaseUrl, `drop database ${name} with (force)`);
  }
}

export const sampleTenant = uuidv7();

/** A typical event: about 200 bytes of Avro with five ids. */
export function sampleEvent(workItemId: string): NewEvent {
  const data: WorkItemStateChangedData = {
    workItemId,
    projectId: sampleTenant,
    previousState: 'scheduled',
    newState: 'running',
    changedBy: sampleTenant,
    reason: 'an agent claimed the run',
    attempt: 1,
    runId: uuidv7(),
    processId: null,
    result: { summary: 'x'.repeat(60) },
    error: null,
    artifacts: [],
  };
  const metadata = {
    messageId: uuidv7(),
    commandId: uuidv7(),
    correlationId: uuidv7(),
    causationId: uuidv7(),
    actor: sampleTenant,
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  };
  return { type: 'WorkItemStateChanged', data, metadata };
}

export { codec };

/** The value below which a share of the (sorted) figures lies, rounded to a hundredth. */
export function percentile(sorted: readonly number[], share: number): number {
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The middle one by what `of` says. */
export function medianBy<T>(runs: readonly T[], of: (run: T) => number): T {
  return runs.toSorted((a, b) => of(a) - of(b))[runs.length >> 1]!;
}

/** CPU of this process since `before`, in cores over `seconds`. */
export function coresSince(before: NodeJS.CpuUsage, seconds: number): number {
  const { user, system } = process.cpuUsage(before);
  return round((user + system) / 1e6 / seconds);
}

async function asAdmin(databaseUrl: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
