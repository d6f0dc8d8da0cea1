export interface ServerAddresses {
  /** A superuser's, so that tests can create databases. */
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
}

/**
 * The servers of this test run. The global setup of the jest kinds `int`, `component`, `e2e` and `fault` sets them;
 * elsewhere this throws.
 */
export function serverAddresses(): ServerAddresses {
  const databaseUrl = process.env['DATABASE_URL'];
  const brokers = process.env['KAFKA_BROKERS'];
  if (!databaseUrl || !brokers) {
    throw new Error('no test servers: only *.int, *.component, *.e2e and *.fault specs have them');
  }
  return { databaseUrl, kafkaBrokers: brokers.split(',') };
}
