import type { ChildProcesses } from '../processes/child-processes';
import type { Servers } from '../server-options';
import { callerRoles } from './credentials';
import type { Fleet } from './fleet';
import { databaseUrlOf, type SystemWiring, urlOf } from './service-environment';
import { GATEWAY } from './services';
import type { SystemContents, SystemFile } from './system-file';

interface Parts {
  readonly children: ChildProcesses;
  readonly servers: Servers;
  readonly wiring: SystemWiring;
  readonly file: SystemFile;
}

/** The whole system while it is up. */
export class RunningSystem {
  private readonly fleet: Fleet;
  private stopped?: Promise<void>;
  private afterStop: () => void = () => undefined;

  constructor(
    private readonly parts: Parts,
    fleet: (onChange: () => void) => Fleet,
  ) {
    this.fleet = fleet(() => this.parts.file.update(this.contents()));
  }

  /** Postgres and Kafka; `processes` holds those that can be killed here. */
  get servers(): Servers {
    return this.parts.servers;
  }

  /** Superuser, database `postgres`. */
  get superuserUrl(): string {
    return this.parts.servers.databaseUrl;
  }

  /** What `system.json` says now. */
  contents(): SystemContents {
    const { wiring } = this.parts;
    const databases = wiring.instances.flatMap((instance) => {
      const url = instance.name === instance.service.app ? databaseUrlOf(instance, wiring) : undefined;
      return url === undefined ? [] : [[instance.service.app, url] as const];
    });
    const keys = callerRoles.map((role) => [role, wiring.credentials.apiKeys[role].key] as const);
    return {
      gatewayUrl: urlOf(GATEWAY, wiring.instances),
      apiKeys: Object.fromEntries(keys) as SystemContents['apiKeys'],
      kafkaBrokers: wiring.kafkaBrokers,
      databases: Object.fromEntries(databases),
      pids: this.fleet.pids(),
    };
  }

  /** Of all services and agents, whether or not they run now. */
  get names(): readonly string[] {
    return this.parts.wiring.instances.map(({ name }) => name);
  }

  /** The address of one process, past the gateway: for probes and metrics. */
  urlOf(name: string): string {
    return urlOf(name, this.parts.wiring.instances);
  }

  async start(): Promise<void> {
    await this.fleet.start();
    this.parts.file.publish(this.contents());
  }

  /** Sends a signal to a service (`project`, `project-2`, `agent`) or an embedded server (`postgres`, `kafka`). */
  kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): void {
    const server = this.parts.servers.processes.find((one) => one.name === name);
    if (server) server.kill(signal);
    else this.fleet.kill(name, signal);
  }

  /** Resolves when that service answers its readiness probe with yes; rejects after the time is over. */
  whenReady(name: string, timeoutMs?: number): Promise<void> {
    return this.fleet.whenReady(name, timeoutMs);
  }

  onStopped(done: () => void): this {
    this.afterStop = done;
    return this;
  }

  /** Agents, gateway, services, servers, in this order; resolves when no process is left; safe to call twice. */
  stop(): Promise<void> {
    return (this.stopped ??= this.stopInOrder());
  }

  /** Without waiting for anybody: for a second Ctrl-C. */
  killAll(): void {
    this.parts.children.killAll();
  }

  private async stopInOrder(): Promise<void> {
    this.parts.file.remove();
    try {
      await this.fleet.stop();
      await this.parts.servers.stop();
    } finally {
      await this.parts.children.close();
      this.afterStop();
    }
  }
}
