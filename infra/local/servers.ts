import { dockerServers } from './docker/compose-servers';
import { embeddedKafka } from './kafka/embedded-kafka';
import { embeddedPostgres } from './postgres/embedded-postgres';
import type { ChildProcesses } from './processes/child-processes';
import type { SupervisedProcess } from './processes/supervised-process';
import type { Progress } from './progress';

export interface ServerOptions {
  /** The clone. */
  readonly root: string;
  /** Where data, logs and the pid register live; one launcher at a time. */
  readonly stateDir: string;
  readonly children: ChildProcesses;
  readonly progress: Progress;
  /** Of the superuser; must stay the same as long as the data does. */
  readonly password: string;
}

export interface Servers {
  readonly kind: 'given' | 'docker' | 'embedded';
  /** Superuser, database `postgres`. */
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
  /** The servers that are processes of ours, started again when they die. */
  readonly processes: readonly SupervisedProcess[];
  stop(): Promise<void>;
}

/**
 * Postgres and Kafka: those given by DATABASE_URL and KAFKA_BROKERS, or containers with INFRA=docker, or else real
 * servers as processes of ours. Rejects when one can't be had; what was started by then ends with `children`.
 */
export async function startServers(options: ServerOptions): Promise<Servers> {
  const databaseUrl = process.env['DATABASE_URL'];
  const brokers = process.env['KAFKA_BROKERS']?.split(',').map((broker) => broker.trim());
  if (databaseUrl && brokers) {
    return { kind: 'given', databaseUrl, kafkaBrokers: brokers, processes: [], stop: async () => undefined };
  }
  if (process.env['INFRA'] === 'docker') return dockerServers(options);
  const [postgres, kafka] = await Promise.all([
    databaseUrl ? { databaseUrl, processes: [] } : embeddedPostgres(options),
    brokers ? { kafkaBrokers: brokers, processes: [] } : embeddedKafka(options),
  ]);
  const processes = [...kafka.processes, ...postgres.processes];
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((one) => one.stop()));
  };
  return {
    kind: 'embedded',
    databaseUrl: postgres.databaseUrl,
    kafkaBrokers: kafka.kafkaBrokers,
    processes,
    stop,
  };
}
