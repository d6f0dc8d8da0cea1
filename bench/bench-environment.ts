import type { BenchResult } from './bench-result';

/** Where the part benchmarks find their servers. */
export interface BenchEnvironment {
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
}

/** Told of results as soon as they are there. */
export type TakeResults = (found: readonly BenchResult[]) => void;
