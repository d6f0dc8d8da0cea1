import type { ChildProcesses } from './processes/child-processes';
import type { SupervisedProcess } from './processes/supervised-process';
import type { Progress } from './progress';

/** What a launcher brings to start servers. */
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

/** Postgres and Kafka, up and answering. */
export interface Servers {
  readonly kind: 'given' | 'docker' | 'embedded';
  /** Superuser, database `postgres`. */
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
  /** The servers that are processes of ours, started again when they die. */
  readonly processes: readonly SupervisedProcess[];
  stop(): Promise<void>;
}
