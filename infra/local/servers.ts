import { dockerServers } from './docker/compose-servers';
import { embeddedKafka } from './kafka/embedded-kafka';
import { embeddedPostgres } from './postgres/embedded-postgres';
import type { ServerOptions, Servers } from './server-options';

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
