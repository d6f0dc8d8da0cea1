import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { isBrokerUp, prepareBroker } from '../../../infra/local/kafka/broker';
import { kafkaJars } from '../../../infra/local/kafka/jars';
import { findJava } from '../../../infra/local/kafka/java';
import { freePorts } from '../../../infra/local/ports';
import { isPostgresUp, prepareCluster } from '../../../infra/local/postgres/cluster';
import { postgresIdentity } from '../../../infra/local/postgres/identity';
import { placePostgres, removePostgresData } from '../../../infra/local/postgres/placement';
import { ChildProcesses, type ChildSpec } from '../../../infra/local/processes/child-processes';
import type { SupervisedProcess } from '../../../infra/local/processes/supervised-process';
import { quietProgress } from '../../../infra/local/progress';
import { startServer } from '../../../infra/local/server-process';
import type { ServerOptions } from '../../../infra/local/server-options';
import type { SmallDisk } from './small-disk';

/** Where private servers keep everything. */
export const ROOT = resolve(__dirname, '../../..');

/** A server of one spec alone, to be killed, filled up, or set differently; started again when it dies. */
export interface PrivateServer extends AsyncDisposable {
  readonly process: SupervisedProcess;
  /** What the server has printed. */
  log(): string;
}

export interface PrivatePostgres extends PrivateServer {
  /** Superuser, database `postgres`. */
  readonly url: string;
}

export interface PrivateKafka extends PrivateServer {
  readonly brokers: readonly string[];
}

/** A temporary folder with the processes that live in it. */
export class PrivatePlace implements AsyncDisposable {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'codex-fault-'));
  readonly options: ServerOptions;

  constructor() {
    chmodSync(this.stateDir, 0o755);
    const children = new ChildProcesses(ROOT, this.stateDir);
    const password = randomBytes(16).toString('hex');
    this.options = { root: ROOT, stateDir: this.stateDir, children, progress: quietProgress, password };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.options.children.close();
    removePostgresData(this.stateDir);
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}

/** What a private server has of its own. */
export interface PrivateSettings {
  readonly settings?: Readonly<Record<string, string>>;
  readonly disk?: SmallDisk;
}

/** PostgreSQL in the folder `postgres` of the place. */
export async function privatePostgres(
  place: PrivatePlace,
  { settings = {}, disk }: PrivateSettings = {},
): Promise<PrivatePostgres> {
  const { options, stateDir } = place;
  const [port = 0] = await freePorts(1);
  const as = postgresIdentity();
  const placement = placePostgres(stateDir, as, { progress: options.progress });
  const logFile = join(stateDir, 'logs/postgres.log');
  const cluster = { placement, as, password: options.password, port, logFile };
  const spec = await prepareCluster(options.children, cluster);
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const url = `postgres://postgres:${options.password}@127.0.0.1:${port}/postgres`;
  return { url, ...(await started(place, withArguments(disk?.on(spec) ?? spec, flags), () => isPostgresUp(url))) };
}

/** A fresh database on a private server; its URL. It goes with the server. */
export async function createDatabase({ url }: PrivatePostgres): Promise<string> {
  const name = `fault_${randomBytes(6).toString('hex')}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`).finally(() => client.end());
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

/** A listener that tells its clients to come through a proxy. */
export interface ProxiedListener {
  /** Where the broker listens. */
  readonly port: number;
  /** Where its clients are sent. */
  readonly advertisedPort: number;
}

/** Kafka with further listeners beside its own, in the folder `kafka` of the place. */
export async function privateKafka(
  place: PrivatePlace,
  { listeners = [], settings = {}, disk }: PrivateSettings & { readonly listeners?: readonly ProxiedListener[] } = {},
): Promise<PrivateKafka> {
  const { options, stateDir } = place;
  const [java, jars] = await Promise.all([findJava(options), kafkaJars(ROOT, options.progress)]);
  const [broker = 0, controller = 0] = await freePorts(2);
  const logFile = join(stateDir, 'logs/kafka.log');
  const folder = join(stateDir, 'kafka');
  const spec = await prepareBroker(options.children, { java, jars, folder, logFile, ports: { broker, controller } });
  const properties = { ...listenerProperties(broker, controller, listeners), ...settings };
  const overrides = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  // Of a property that is there twice, the last counts.
  appendFileSync(join(folder, 'server.properties'), overrides.join(''));
  return {
    brokers: [`127.0.0.1:${broker}`],
    ...(await started(place, disk?.on(spec) ?? spec, () => isBrokerUp(broker))),
  };
}

function listenerProperties(broker: number, controller: number, proxied: readonly ProxiedListener[]) {
  const named = proxied.map((listener, index) => ({ name: `PROXIED${index}`, ...listener }));
  const url = (name: string, port: number): string => `${name}://127.0.0.1:${port}`;
  const own = url('PLAINTEXT', broker);
  return {
    listeners: [own, url('CONTROLLER', controller), ...named.map(({ name, port }) => url(name, port))].join(','),
    'advertised.listeners': [own, ...named.map(({ name, advertisedPort }) => url(name, advertisedPort))].join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': ['PLAINTEXT', 'CONTROLLER', ...named.map(({ name }) => name)]
      .map((name) => `${name}:PLAINTEXT`)
      .join(','),
  };
}

function withArguments(spec: ChildSpec, more: readonly string[]): ChildSpec {
  return { ...spec, args: [...spec.args, ...more] };
}

async function started(
  { options }: PrivatePlace,
  spec: ChildSpec,
  isUp: () => Promise<boolean>,
): Promise<PrivateServer> {
  const process = await startServer(options, spec, isUp);
  return {
    process,
    log: () => readFileSync(spec.logFile, 'utf8'),
    [Symbol.asyncDispose]: () => process.stop(),
  };
}
