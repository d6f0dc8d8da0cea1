/** What a test run is given. */
export interface TestServers {
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
  stop(): Promise<void>;
}
