import type { TestServers } from './test-servers';

const IMAGES = { postgres: 'postgres:18.4-alpine', kafka: 'confluentinc/cp-kafka:8.1.0' } as const;

/** Containers that end with the test run, or a little later by Testcontainers' reaper when the run is killed. */
export async function containerServers(): Promise<TestServers> {
  const [{ PostgreSqlContainer }, { KafkaContainer }] = await Promise.all([
    import('@testcontainers/postgresql'),
    import('@testcontainers/kafka'),
  ]);
  const [postgres, kafka] = await Promise.all([
    new PostgreSqlContainer(IMAGES.postgres).withCommand(['postgres', '-c', 'max_connections=300']).start(),
    new KafkaContainer(IMAGES.kafka).withKraft().withEnvironment({ KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false' }).start(),
  ]);
  return {
    databaseUrl: postgres.getConnectionUri(),
    kafkaBrokers: [`${kafka.getHost()}:${kafka.getMappedPort(9093)}`],
    stop: async () => {
      await Promise.all([postgres.stop(), kafka.stop()]);
    },
  };
}
