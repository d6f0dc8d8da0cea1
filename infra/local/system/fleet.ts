import { join } from 'node:path';
import { waitUntil } from '../deadline';
import { tail } from '../log-tail';
import type { ChildProcesses, Exit } from '../processes/child-processes';
import { SupervisedProcess } from '../processes/supervised-process';
import type { Progress } from '../progress';
import { isReady } from './readiness';
import { environmentOf, type SystemWiring } from './service-environment';
import { AGENT, GATEWAY, type Instance, mainOf, MEMORY } from './services';

const READY_TIMEOUT_MS = 90_000;
const HOPELESS_DEATHS = 5;
const STOP_DEADLINE_MS = 10_000;
export interface FleetOptions {
  readonly root: string;
  readonly children: ChildProcesses;
  readonly progress: Progress;
  /** A process came or went. */
  onChange(): void;
}

/** The services and agents: each a process, started together, started again when it dies, stopped callers first. */
export class Fleet {
  private readonly members: readonly { readonly instance: Instance; readonly process: SupervisedProcess }[];
  private allReady = false;

  constructor(
    private readonly options: FleetOptions,
    private readonly wiring: SystemWiring,
  ) {
    this.members = wiring.instances.map((instance) => ({ instance, process: this.supervise(instance) }));
  }

  /** Resolves when every one is ready; rejects when one keeps dying or does not get there. */
  async start(): Promise<void> {
    for (const { process } of this.members) process.start();
    await Promise.all(this.members.map(({ instance }) => this.whenReady(instance.name)));
    this.allReady = true;
  }

  async whenReady(name: string, timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    const { instance, process } = this.member(name);
    const hopeless = (): boolean =>
      this.options.children.isClosing || (!this.allReady && process.deathsInARow >= HOPELESS_DEATHS);
    let ready = false;
    await waitUntil(async () => {
      ready = process.pid !== undefined && (await isReady(`http://127.0.0.1:${instance.port}`));
      return ready || hopeless();
    }, timeoutMs);
    if (ready) return;
    if (this.options.children.isClosing) throw new Error('the launcher is stopping');
    const why = hopeless() ? 'keeps dying' : `is not ready after ${timeoutMs / 1000} s`;
    const log = this.logFile(name);
    throw new Error(`${name} ${why}. The end of ${log}:\n${tail(log)}`);
  }

  kill(name: string, signal: NodeJS.Signals): void {
    this.member(name).process.kill(signal);
  }

  /** Of the processes that run now. */
  pids(): Readonly<Record<string, number>> {
    const running = this.members.flatMap(({ instance, process }) =>
      process.pid === undefined ? [] : [[instance.name, process.pid] as const],
    );
    return Object.fromEntries(running);
  }

  async stop(): Promise<void> {
    const stopAll = (wanted: (app: string) => boolean): Promise<unknown> =>
      Promise.all(this.members.filter((one) => wanted(one.instance.service.app)).map(({ process }) => process.stop()));
    const isCaller = (app: string): boolean => app === AGENT || app === GATEWAY;
    await stopAll((app) => app === AGENT);
    await stopAll((app) => app === GATEWAY);
    await stopAll((app) => !isCaller(app));
  }

  private supervise(instance: Instance): SupervisedProcess {
    const { root, children } = this.options;
    const spec = {
      name: instance.name,
      command: process.execPath,
      args: [...MEMORY, ...tracing(root), mainOf(root, instance.service.app)],
      env: environmentOf(instance, this.wiring),
      cwd: root,
      logFile: this.logFile(instance.name),
      stopSignal: 'SIGTERM' as const,
      stopDeadlineMs: STOP_DEADLINE_MS,
    };
    return new SupervisedProcess(children, spec, {
      started: (name) => this.onStarted(name),
      died: (name, exit, againInMs) => this.onDied(name, exit, againInMs),
    });
  }

  private onStarted(name: string): void {
    this.options.onChange();
    if (!this.allReady) return;
    void this.whenReady(name).then(
      () => this.options.progress.say(`  ✓ ${name} is back`),
      (error: Error) => this.options.children.isClosing || this.options.progress.say(`  ✗ ${error.message}`),
    );
  }

  private onDied(name: string, exit: Exit, againInMs: number): void {
    this.options.onChange();
    const how = exit.error?.message ?? exit.signal ?? `exit code ${exit.code}`;
    const { progress } = this.options;
    progress.say(`  ! ${name} died (${how}), again in ${againInMs / 1000} s; see ${this.logFile(name)}`);
  }

  private logFile(name: string): string {
    return join(this.wiring.stateDir, 'logs', `${name}.log`);
  }

  private member(name: string): (typeof this.members)[number] {
    const found = this.members.find(({ instance }) => instance.name === name);
    if (!found) throw new Error(`no process is named ${name}`);
    return found;
  }
}

/** Instrumentation must be there before what it instruments. */
function tracing(root: string): readonly string[] {
  const wanted = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return wanted ? ['--require', join(root, 'dist/libs/platform/src/tracing-preload.js')] : [];
}
